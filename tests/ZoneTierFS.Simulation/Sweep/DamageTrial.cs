using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>
/// Spoils blocks of data on a copy of the media, as flash and controllers do: rot, writes that were lost or landed elsewhere, blocks that cannot be read. Then
/// every block of every file gives its bytes or EIO, nothing else; EIO only where its own block is spoiled; and check names the files, and no others.
/// </summary>
internal sealed class DamageTrial(SeedRunParts parts, SeededRandom random, TimeProvider time)
{
    private const int SpoiledMax = 12;
    private const int Block = FileHistory.Block;

    private readonly HashSet<(int Device, int Zone, long Block)> _unreadable = [];
    private readonly HashSet<(int Device, int Zone, long Block)> _spoiled = [];

    /// <summary>Blocks of data that were spoiled.</summary>
    public int Spoiled => _spoiled.Count;

    /// <summary>Throws <see cref="SimulationException"/> where a wrong byte or a wrong word is given.</summary>
    public void Run()
    {
        new SeededWorld(random.Fork(1), new WorldTrace(null)).Run(RunAsync);
    }

    private async Task RunAsync()
    {
        FaultyMedium[] whole = Array.ConvertAll(parts.Media, medium => medium.Fork(true));
        Array.ForEach(whole, medium => medium.CutPower(random));
        List<(ulong Inode, ulong FileBlock, Location At, bool IsCopy)> blocks;
        var bytes = new Dictionary<(ulong Inode, ulong FileBlock), byte[]>();
        await using (Volume volume = await OpenAsync(whole))
        {
            blocks = FindBlocks(volume);
            foreach ((ulong inode, ulong fileBlock, _, _) in blocks)
            {
                bytes[(inode, fileBlock)] = await ReadAsync(volume, inode, fileBlock) ?? throw new SimulationException($"inode {inode} cannot be read");
            }
        }

        FaultyMedium[] damaged = Array.ConvertAll(whole, medium => medium.Fork(true));
        for (int i = Math.Min(SpoiledMax, blocks.Count); i > 0; i--)
        {
            Spoil(damaged, random.Pick(blocks).At, random.Pick(blocks).At);
        }

        await using (Volume volume = await OpenAsync(damaged))
        {
            await JudgeCheckAsync(volume, blocks);
        }

        await using (Volume volume = await OpenAsync(damaged))
        {
            await JudgeReadsAsync(volume, blocks, bytes);
        }
    }

    private Task<Volume> OpenAsync(FaultyMedium[] media)
    {
        TierDevice[] devices = [.. media.Select((medium, i) =>
            new TierDevice(parts.Plan.Tiers[i].Name, new SettledDevice(medium) { IsUnreadable = (zone, block) => _unreadable.Contains((i, zone, block)) }))];
        return Volume.OpenAsync(devices, parts.ReadOnlyOptions, parts.Quiet(time), default);
    }

    private static List<(ulong Inode, ulong FileBlock, Location At, bool IsCopy)> FindBlocks(Volume volume)
    {
        var blocks = new List<(ulong, ulong, Location, bool)>();
        ForEachExtent(volume, (inode, extent, isCopy) =>
        {
            for (uint i = 0; i < extent.Count; i++)
            {
                blocks.Add((inode, extent.FileBlock + i, extent.At.Plus(i), isCopy));
            }
        });
        return blocks;
    }

    private static void ForEachExtent(Volume volume, Action<ulong, Extent, bool> found)
    {
        lock (volume.State.Gate)
        {
            var scan = volume.State.Tree.Scan(ItemKeys.Of(0, ItemKind.Inode));
            while (scan.MoveNext())
            {
                ItemKind kind = ItemKeys.KindOf(scan.Key);
                if (kind is ItemKind.Extent or ItemKind.Promoted)
                {
                    foreach (Extent extent in volume.State.Extents.Runs(scan.Key, scan.Value))
                    {
                        found(ItemKeys.InodeOf(scan.Key), extent, kind == ItemKind.Promoted);
                    }
                }
            }
        }
    }

    private void Spoil(FaultyMedium[] media, Location at, Location other)
    {
        ZoneImage image = media[at.Device].Zones[at.Zone].Durable.Image;
        Span<byte> block = image.Block((long)at.Block * Block, Block);
        byte[] before = block.ToArray();
        switch (random.Next(4))
        {
            case 0: // rot
                block[random.Next(Block)] ^= (byte)(1 << random.Next(8));
                break;
            case 1: // a write that never came
                block.Clear();
                image.Before?.Read((long)at.Block * Block, block);
                break;
            case 2: // another block's write came here
                media[other.Device].Zones[other.Zone].Durable.Image.Read((long)other.Block * Block, block);
                break;
            default:
                _unreadable.Add((at.Device, at.Zone, at.Block));
                break;
        }

        if (!block.SequenceEqual(before) || _unreadable.Contains((at.Device, at.Zone, at.Block)))
        {
            _spoiled.Add((at.Device, at.Zone, at.Block));
        }
    }

    private bool IsSpoiled(Location at) => _spoiled.Contains((at.Device, at.Zone, at.Block));

    /// <summary>By its path, or where it lost its last name while it was open, by its number alone.</summary>
    private static bool Names(string line, ulong inode)
        => line.Contains($"(inode {inode})", StringComparison.Ordinal) || line.StartsWith($"inode {inode},", StringComparison.Ordinal);

    private async Task JudgeCheckAsync(Volume volume, List<(ulong Inode, ulong FileBlock, Location At, bool IsCopy)> blocks)
    {
        CheckReport report = await volume.CheckAsync(null, default);
        HashSet<ulong> expected = [.. blocks.Where(block => IsSpoiled(block.At)).Select(block => block.Inode)];
        foreach (ulong inode in expected.Where(inode => !report.Damage.Any(line => Names(line, inode))))
        {
            throw new SimulationException($"check does not name inode {inode}, of which a block is spoiled: [{string.Join("; ", report.Damage)}]");
        }

        foreach (string line in report.Damage.Where(line => !expected.Any(inode => Names(line, inode))))
        {
            throw new SimulationException($"check finds damage where there is none: {line}");
        }
    }

    private async Task JudgeReadsAsync(Volume volume, List<(ulong Inode, ulong FileBlock, Location At, bool IsCopy)> blocks,
        Dictionary<(ulong Inode, ulong FileBlock), byte[]> bytes)
    {
        foreach ((ulong inode, ulong fileBlock, Location at, _) in blocks.Where(block => !block.IsCopy))
        {
            byte[]? read = await ReadAsync(volume, inode, fileBlock);
            if (read is not null && !read.AsSpan().SequenceEqual(bytes[(inode, fileBlock)]))
            {
                throw new SimulationException($"inode {inode} block {fileBlock} at {at}: wrong bytes instead of EIO");
            }

            if (read is null && !IsSpoiled(at))
            {
                throw new SimulationException($"inode {inode} block {fileBlock} at {at}: EIO, but the block is whole");
            }
        }
    }

    /// <summary>The block's bytes as far as the file goes; null for EIO.</summary>
    private static async Task<byte[]?> ReadAsync(Volume volume, ulong inode, ulong fileBlock)
    {
        Result<ulong> handle = await volume.OpenFileAsync(inode, OpenFlags.Read);
        if (!handle.IsOk)
        {
            throw new SimulationException($"open of inode {inode} gives {handle.Error}");
        }

        var into = new byte[Block];
        Result<int> read = await volume.ReadAsync(handle.Value, (long)fileBlock * Block, into);
        await volume.ReleaseAsync(handle.Value);
        return read.IsOk ? into[..read.Value]
            : read.Error == Errno.EIO ? null
            : throw new SimulationException($"read of inode {inode} block {fileBlock} gives {read.Error}");
    }
}
