using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using ZoneTierFS.Simulation;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Opens an image for reading, checks it, and looks at all that a program can see of it, within bounds.</summary>
/// <param name="files">What the files must hold; null where only their tags are judged.</param>
/// <param name="judgesBytes">Bytes must be their file's own. Not so where checksums were made right for other bytes.</param>
internal sealed class ImageReader(IReadOnlyDictionary<ulong, FileFacts>? files, bool judgesBytes = true)
{
    /// <summary>More continuations than this for one image mean that it never ends.</summary>
    public const long StepsMax = 400_000;

    private const int NodesMax = 4000;
    private const int PieceBytes = 32 << 10;
    private const int HeadBytes = 256 << 10;
    private const int NamesBytes = 64 << 10;

    private readonly Dictionary<ulong, FileFacts> _seen = [];
    private readonly HashSet<ulong> _directories = [];
    private readonly byte[] _buffer = new byte[NamesBytes];
    private readonly byte[] _value = new byte[NamesBytes];
    private int _nodes;

    /// <summary>As the volume is opened, but for reading.</summary>
    public VolumeOptions Options { get; init; } = BaseVolume.Options;

    /// <summary>What the check found.</summary>
    public IReadOnlyList<string> Findings { get; private set; } = [];

    /// <summary>The regular files that could be read, by inode.</summary>
    public IReadOnlyDictionary<ulong, FileFacts> Seen => _seen;

    /// <summary>Files, or parts of the tree, that answered with an error.</summary>
    public int Unreadable { get; private set; }

    /// <returns>Why the image was refused; null where it could be read.</returns>
    /// <exception cref="FuzzFailure">Something happened that must not.</exception>
    public VolumeException? Read(Image image, SeededRandom random)
    {
        foreach (var device in image.Devices) device.IsFrozen = true;
        var refusal = Read(image.Tiers, random);
        foreach (var device in image.Devices) device.IsFrozen = false;
        return refusal;
    }

    /// <inheritdoc cref="Read(Image, SeededRandom)"/>
    public VolumeException? Read(IReadOnlyList<TierDevice> tiers, SeededRandom random)
    {
        VolumeException? refusal = null;
        var world = new SeededWorld(random, new WorldTrace(null)) { StepsMax = StepsMax };
        world.Run(async () => refusal = await ReadAsync(tiers, new VolumeEnvironment(world.Time, NullLogger.Instance)));
        return refusal;
    }

    private async Task<VolumeException?> ReadAsync(IReadOnlyList<TierDevice> tiers, VolumeEnvironment environment)
    {
        Volume volume;
        try
        {
            volume = await Volume.OpenAsync(tiers, Options with { ReadOnly = true }, environment, CancellationToken.None);
        }
        catch (VolumeException refusal)
        {
            return refusal.Message.Length > 0 ? refusal : throw new FuzzFailure("a volume was refused without a reason", refusal);
        }
        var report = await volume.CheckAsync(null, CancellationToken.None);
        Findings = [.. report.Damage];
        await WalkAsync(volume, Volume.RootInode);
        volume.GetVolumeStatus();
        volume.GetSpace();
        await volume.DisposeAsync();
        return null;
    }

    private async Task WalkAsync(Volume volume, ulong root)
    {
        var waiting = new Stack<ulong>([root]);
        while (waiting.TryPop(out var directory))
        {
            if (!_directories.Add(directory))
                continue;
            var sink = new BoundedSink(NodesMax);
            if (volume.ReadDirectory(directory, 0, sink) != Errno.Ok)
                Unreadable++;
            foreach (var (name, _) in sink.Entries)
            {
                if (++_nodes > NodesMax)
                    return;
                var found = volume.Lookup(directory, name);
                if (!found.IsOk)
                    Unreadable++;
                else if (FileMode.IsDirectory(found.Value.Mode))
                    waiting.Push(found.Value.Inode);
                if (found.IsOk)
                    await LookAsync(volume, found.Value);
            }
        }
    }

    private async Task LookAsync(Volume volume, FileStatus status)
    {
        var inode = status.Inode;
        volume.GetStatus(inode);
        volume.GetPlacement(inode);
        volume.ReadLink(inode, _buffer);
        LookAtXattrs(volume, inode);
        if (!FileMode.IsRegular(status.Mode) || _seen.ContainsKey(inode))
            return;
        var opened = await volume.OpenFileAsync(inode, OpenFlags.Read);
        if (!opened.IsOk)
        {
            Unreadable++;
            return;
        }
        var size = (long)Math.Min(status.Size, long.MaxValue);
        var hash = new HashCode64();
        var isWhole = await ReadAsync(volume, opened.Value, inode, 0, Math.Min(size, HeadBytes), hash);
        var tail = Math.Max(HeadBytes, (size - PieceBytes) / TaggedContent.SectorBytes * TaggedContent.SectorBytes);
        isWhole &= await ReadAsync(volume, opened.Value, inode, tail, Math.Min(size, tail + 2 * PieceBytes), hash);
        await volume.SeekAsync(opened.Value, 0, hole: true);
        await volume.SeekAsync(opened.Value, size / 2, hole: false);
        await volume.ReleaseAsync(opened.Value);
        if (!isWhole)
            Unreadable++;
        else
            Judge(inode, new FileFacts(status.Size, hash.Value));
    }

    private void Judge(ulong inode, FileFacts facts)
    {
        _seen[inode] = facts;
        if (files is not null && (!files.TryGetValue(inode, out var expected) || expected != facts))
            throw new FuzzFailure($"inode {inode} reads without an error as {facts}, but holds {(files.TryGetValue(inode, out var held) ? held : "nothing")}");
    }

    private async Task<bool> ReadAsync(Volume volume, ulong handle, ulong inode, long from, long to, HashCode64 hash)
    {
        for (var offset = from; offset < to; offset += PieceBytes)
        {
            var read = await volume.ReadAsync(handle, offset, _buffer.AsMemory(0, PieceBytes));
            if (!read.IsOk)
                return false;
            var bytes = _buffer.AsSpan(0, read.Value);
            hash.Add(bytes);
            if (judgesBytes && TaggedContent.FindForeign(bytes, inode, offset) is var at and >= 0)
                throw new FuzzFailure($"inode {inode} shows bytes at {offset + at} that were never written to it");
        }
        return true;
    }

    private void LookAtXattrs(Volume volume, ulong inode)
    {
        var listed = volume.ListXattrs(inode, _buffer);
        if (!listed.IsOk)
        {
            Unreadable++;
            return;
        }
        for (var rest = _buffer.AsSpan(0, listed.Value); rest.IndexOf((byte)0) is var end and >= 0; rest = rest[(end + 1)..])
        {
            if (!volume.GetXattr(inode, rest[..end], _value).IsOk)
                Unreadable++;
        }
    }
}
