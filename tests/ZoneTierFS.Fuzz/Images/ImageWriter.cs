using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using ZoneTierFS.Simulation;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Opens an image for writing and works on it: whatever is left of a volume that opens must bear it.</summary>
internal sealed class ImageWriter(SeededRandom random)
{
    private const int Actions = 25;
    private const int NodesMax = 200;
    private const long StepsMax = 2_000_000;
    private const string BrokenLoop = "a background task broke";

    private static readonly FileCaller s_caller = new(0, 0, 1);

    private readonly List<(ulong Parent, byte[] Name, ulong Inode)> _known = [];
    private readonly List<ulong> _directories = [Volume.RootInode];
    private readonly byte[] _bytes = new byte[16 << 10];

    /// <summary>As the volume is opened.</summary>
    public VolumeOptions Options { get; init; } = BaseVolume.Options;

    /// <returns>Why the image was refused; null where it could be worked on.</returns>
    /// <exception cref="FuzzFailure">Something happened that must not.</exception>
    public VolumeException? Work(Image image)
    {
        VolumeException? refusal = null;
        var world = new SeededWorld(random.Fork(1), new WorldTrace(null)) { StepsMax = StepsMax };
        world.Run(async () => refusal = await WorkAsync(image, world));
        return refusal;
    }

    private async Task<VolumeException?> WorkAsync(Image image, SeededWorld world)
    {
        Volume volume;
        try
        {
            var environment = new VolumeEnvironment(world.Time, NullLogger.Instance);
            volume = await Volume.OpenAsync(image.Tiers, Options, environment, CancellationToken.None);
        }
        catch (VolumeException refusal)
        {
            return refusal;
        }
        Learn(volume);
        for (var action = 0; action < Actions; action++)
        {
            await ActAsync(volume);
            if (random.Chance(0.2)) await world.DelayAsync(TimeSpan.FromMilliseconds(30));
        }
        await volume.SyncAsync();
        if (volume.GetVolumeStatus().Failure is { } failure && failure.Contains(BrokenLoop, StringComparison.Ordinal))
            throw new FuzzFailure(failure);
        await volume.DisposeAsync();
        return null;
    }

    /// <summary>A part of what is there, so that the work is not all on new files.</summary>
    private void Learn(Volume volume)
    {
        for (var at = 0; at < _directories.Count && _known.Count < NodesMax; at++)
        {
            var sink = new BoundedSink(NodesMax);
            volume.ReadDirectory(_directories[at], 0, sink);
            foreach (var (name, inode) in sink.Entries)
            {
                _known.Add((_directories[at], name, inode));
                if (volume.GetStatus(inode) is { IsOk: true } status && FileMode.IsDirectory(status.Value.Mode) && !_directories.Contains(inode))
                    _directories.Add(inode);
            }
        }
    }

    private async Task ActAsync(Volume volume)
    {
        var fresh = Encoding.UTF8.GetBytes($"new{random.Next(1000)}");
        var directory = random.Pick(_directories);
        var (parent, name, inode) = _known.Count > 0 ? random.Pick(_known) : (directory, fresh, directory);
        switch (random.Next(14))
        {
            case 0 or 1:
                var made = await volume.CreateAsync(directory, fresh, FileMode.S_IFREG | 0x1A4, 0, s_caller);
                if (made.IsOk) _known.Add((directory, fresh, made.Value.Inode));
                await WriteAsync(volume, made.Value.Inode);
                break;
            case 2 or 3 or 4:
                await WriteAsync(volume, inode);
                break;
            case 5:
                await volume.RenameAsync(parent, name, directory, fresh, random.Pick([RenameFlags.None, RenameFlags.NoReplace]));
                break;
            case 6:
                var other = _known.Count > 0 ? random.Pick(_known) : (directory, fresh, directory);
                await volume.RenameAsync(parent, name, other.Item1, other.Item2, random.Pick([RenameFlags.None, RenameFlags.Exchange]));
                break;
            case 7:
                await volume.UnlinkAsync(parent, name);
                break;
            case 8:
                await volume.RemoveDirectoryAsync(parent, name);
                break;
            case 9:
                await volume.LinkAsync(inode, directory, fresh);
                break;
            case 10:
                await volume.SetXattrAsync(inode, "user.fuzz"u8.ToArray(), _bytes.AsMemory(0, random.Pick([10, 5000])), XattrSetMode.CreateOrReplace);
                break;
            case 11:
                await volume.SetStatusAsync(inode, new FileStatusChanges { Size = (ulong)random.Next(64) * TaggedContent.SectorBytes, Mode = 0x1FF });
                break;
            case 12:
                await volume.MakeDirectoryAsync(directory, fresh, 0x1ED, s_caller);
                break;
            default:
                await MoveAsync(volume, inode);
                break;
        }
    }

    private async Task WriteAsync(Volume volume, ulong inode)
    {
        var opened = await volume.OpenFileAsync(inode, OpenFlags.Read | OpenFlags.Write);
        if (!opened.IsOk) return;
        var offset = random.Next(100) * TaggedContent.SectorBytes;
        var length = random.Between(1, _bytes.Length / TaggedContent.SectorBytes) * TaggedContent.SectorBytes;
        TaggedContent.Fill(_bytes.AsSpan(0, length), inode, offset, uint.MaxValue);
        await volume.WriteAsync(opened.Value, offset, _bytes.AsMemory(0, length), append: false, killSetId: false);
        if (random.Chance(0.5)) await volume.FsyncAsync(opened.Value, dataOnly: false);
        if (random.Chance(0.2)) await volume.AllocateAsync(opened.Value, AllocateMode.PunchHole, random.Next(64) * TaggedContent.SectorBytes, 32 << 10);
        await volume.ReleaseAsync(opened.Value);
    }

    private async Task MoveAsync(Volume volume, ulong inode)
    {
        volume.Warm(inode);
        await volume.SetPinAsync(inode, random.Pick([null, "tlc", "qlc"]));
        await volume.EvictAsync(inode);
    }
}
