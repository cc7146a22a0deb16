using System.Text;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Simulation;

/// <summary>Reads a volume back as a tree of <see cref="SurvivingNode"/>: every name, attribute and byte.</summary>
/// <param name="farBlocks">Blocks that are read in files too large to read in full, besides those that SEEK_DATA finds.</param>
internal sealed class VolumeReader(Volume volume, SeededRandom random, IReadOnlyCollection<long> farBlocks)
{
    /// <summary>Larger files are sparse: they are read where they have data.</summary>
    private const long WholeBytesMax = 4 << 20;
    private const int TargetBytesMax = 4095;
    private const int PieceBlocksMax = 64;

    private static readonly string ByHand = ClassReasons.Text(ClassReason.ExplicitAttribute);

    private readonly Dictionary<ulong, SurvivingNode> _nodes = [];
    private byte[]? _buffer;

    /// <summary>Which files' bytes are read; of others only the size.</summary>
    public Predicate<ulong> WantsBytes { get; init; } = _ => true;

    public async Task<SurvivingNode> ReadTreeAsync(ulong inode)
    {
        if (_nodes.TryGetValue(inode, out SurvivingNode? known))
        {
            return known;
        }

        FileStatus status = Demand(volume.GetStatus(inode), "status", inode);
        bool regular = FileMode.IsRegular(status.Mode);
        FilePlacement? placement = regular ? Demand(volume.GetPlacement(inode), "placement", inode) : null;
        var node = new SurvivingNode
        {
            Status = status,
            Target = FileMode.IsSymlink(status.Mode) ? ReadTarget(inode) : null,
            Data = !regular ? null
                : WantsBytes(inode) ? await ReadDataAsync(inode, (long)status.Size)
                : new SurvivingFile((long)status.Size, null),
            Pin = placement?.Pin,
            Class = placement?.ClassReason == ByHand ? placement.Class : null,
            IsImmutable = Demand(volume.GetFlags(inode), "flags", inode) == FileFlags.Immutable,
            Xattrs = ReadXattrs(inode),
        };
        _nodes.Add(inode, node);
        if (FileMode.IsDirectory(status.Mode))
        {
            foreach ((string name, ulong child) in ListDirectory(inode))
            {
                node.Entries.Add(name, await ReadTreeAsync(child));
            }
        }

        return node;
    }

    /// <summary>The names of a directory, read in pages of random length; "." and ".." are checked and left out.</summary>
    public SortedDictionary<string, ulong> ListDirectory(ulong inode)
    {
        var page = new DirectoryPage(random.Between(1, 8));
        Errno error;
        do
        {
            page.Taken = 0;
            error = volume.ReadDirectory(inode, page.NextCookie, page);
        }
        while (error == Errno.Ok && page.Taken > 0);

        Demand(error, "listing", inode);
        if (page.Entries.Count < 2 || page.Entries[0].Name != "." || page.Entries[1].Name != ".." || page.Entries[0].Inode != inode)
        {
            throw new SimulationException($"listing of inode {inode} begins with [{string.Join(' ', page.Entries.Take(2))}] instead of . and ..");
        }

        var names = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach ((string name, ulong child, uint mode) in page.Entries.Skip(2))
        {
            if (!names.TryAdd(name, child))
            {
                throw new SimulationException($"listing of inode {inode} names {name} twice");
            }

            FileStatus status = Demand(volume.Lookup(inode, Encoding.UTF8.GetBytes(name)), $"lookup of {name}", inode);
            if (status.Inode != child || status.Mode != mode)
            {
                throw new SimulationException($"{name} of inode {inode} is inode {child} in the listing and {status.Inode} by lookup");
            }
        }

        return names;
    }

    public SortedDictionary<string, byte[]> ReadXattrs(ulong inode)
    {
        var names = new byte[Demand(volume.ListXattrs(inode, []), "attribute names", inode)];
        int length = names.Length == 0 ? 0 : Demand(volume.ListXattrs(inode, names), "attribute names", inode);
        var values = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string name in Encoding.UTF8.GetString(names, 0, length).Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            byte[] key = Encoding.UTF8.GetBytes(name);
            var value = new byte[Demand(volume.GetXattr(inode, key, []), name, inode)];
            if (value.Length > 0)
            {
                Demand(volume.GetXattr(inode, key, value), name, inode);
            }

            values.Add(name, value);
        }

        return values;
    }

    private string ReadTarget(ulong inode)
    {
        Span<byte> target = stackalloc byte[TargetBytesMax];
        int length = Demand(volume.ReadLink(inode, target), "target", inode);
        return Encoding.UTF8.GetString(target[..length]);
    }

    private async Task<SurvivingFile> ReadDataAsync(ulong inode, long size)
    {
        ulong handle = Demand(await volume.OpenFileAsync(inode, OpenFlags.Read), "open", inode);
        var blocks = new SortedDictionary<long, byte[]>();
        if (size <= WholeBytesMax)
        {
            await ReadRangeAsync(inode, handle, 0, size, size, blocks);
        }
        else
        {
            List<long> data = await FindDataAsync(inode, handle, size);
            foreach (long block in data.Concat(farBlocks.Where(block => block * FileHistory.Block < size)).Distinct())
            {
                await ReadRangeAsync(inode, handle, block * FileHistory.Block, FileHistory.Block, size, blocks);
            }
        }

        await volume.ReleaseAsync(handle);
        return new SurvivingFile(size, blocks);
    }

    private async Task<List<long>> FindDataAsync(ulong inode, ulong handle, long size)
    {
        var blocks = new List<long>();
        for (long at = 0; at < size;)
        {
            Result<long> data = await volume.SeekAsync(handle, at, hole: false);
            if (data.Error == Errno.ENXIO)
            {
                break;
            }

            long hole = Demand(await volume.SeekAsync(handle, Demand(data, "seek to data", inode), hole: true), "seek to hole", inode);
            if (data.Value < at || hole <= data.Value)
            {
                throw new SimulationException($"inode {inode}: data at {data.Value} and a hole at {hole}, asked from {at}");
            }

            for (long block = data.Value / FileHistory.Block; block * FileHistory.Block < hole; block++)
            {
                blocks.Add(block);
            }

            at = hole;
        }

        return blocks;
    }

    private async Task ReadRangeAsync(ulong inode, ulong handle, long from, long length, long size, SortedDictionary<long, byte[]> blocks)
    {
        _buffer ??= GC.AllocateUninitializedArray<byte>(PieceBlocksMax * FileHistory.Block);
        Memory<byte> buffer = _buffer.AsMemory(0, random.Between(1, PieceBlocksMax) * FileHistory.Block);
        long end = Math.Min(from + length, size);
        for (long at = from; at < end;)
        {
            int wanted = (int)Math.Min(buffer.Length, end - at);
            int read = Demand(await volume.ReadAsync(handle, at, buffer[..wanted]), $"read at {at}", inode);
            if (read != wanted)
            {
                throw new SimulationException($"inode {inode}: {read} bytes at {at} instead of {wanted}, in a file of {size}");
            }

            for (int i = 0; i < wanted; i += FileHistory.Block)
            {
                Span<byte> content = buffer.Span.Slice(i, Math.Min(FileHistory.Block, wanted - i));
                if (content.ContainsAnyExcept((byte)0))
                {
                    var block = new byte[FileHistory.Block];
                    content.CopyTo(block);
                    blocks.Add((at + i) / FileHistory.Block, block);
                }
            }

            at += wanted;
        }
    }

    private static T Demand<T>(Result<T> result, string what, ulong inode)
    {
        Demand(result.Error, what, inode);
        return result.Value;
    }

    private static void Demand(Errno error, string what, ulong inode)
    {
        if (error != Errno.Ok)
        {
            throw new SimulationException($"{what} of inode {inode} gives {error}");
        }
    }
}
