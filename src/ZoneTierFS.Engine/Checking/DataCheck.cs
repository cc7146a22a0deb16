using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Checking;

/// <summary>
/// Reads all blocks of files and compares their checksums: zone by zone, in the order in which they lie, with a few workers for each device, so that the
/// medium sees long sequential reads and one worker adds up while another reads. Memory: a buffer for each worker.
/// </summary>
internal sealed class DataCheck(VolumeState state, BlockMap blocks, FindingList findings)
{
    private const int BlockSize = DeviceZones.BlockSize;
    private const int WorkersPerDevice = 2;
    private const uint ReadBlocks = 512;

    /// <summary>Runs of bad blocks that are kept; on a medium that is gone altogether they are long.</summary>
    private const int BadMax = 4096;

    private readonly Lock _badGate = new();
    private readonly List<BlockRun> _bad = [];
    private readonly Dictionary<BlockRun, string> _problems = [];
    private long _done;

    public long BytesRead => Interlocked.Read(ref _done) * BlockSize;

    public async Task RunAsync(IProgress<double>? progress, CancellationToken ct)
    {
        var workers = new List<Task>();
        for (var device = 0; device < state.Zones.Length; device++)
        {
            var zones = new ZoneCounter();
            for (var i = 0; i < WorkersPerDevice; i++) workers.Add(ReadAsync(device, zones, progress, ct));
        }
        await Task.WhenAll(workers);
        foreach (var (run, inode, layer, fileBlock, part) in FindOwners())
            await ReportAsync(run, inode, layer, fileBlock, part);
    }

    private async Task ReadAsync(int device, ZoneCounter next, IProgress<double>? progress, CancellationToken ct)
    {
        await Task.Yield(); // each worker goes its own way, also where the device answers at once
        using var buffer = new AlignedMemory((int)ReadBlocks * BlockSize);
        for (var zone = next.Take(); zone < state.Zones[device].Count; zone = next.Take())
        {
            for (uint block = 0; blocks.TryNext(device, zone, block, ReadBlocks, out var run); block = run.End)
            {
                ct.ThrowIfCancellationRequested();
                await VerifyAsync(run, buffer.Memory[..((int)run.Count * BlockSize)]);
                var done = Interlocked.Add(ref _done, run.Count);
                progress?.Report((double)done / blocks.Count);
            }
            state.Checksums.EvictClean();
        }
    }

    /// <summary>Reads a run; where it is bad, block by block, to name no more than what is.</summary>
    private async ValueTask VerifyAsync(BlockRun run, Memory<byte> into)
    {
        if (await TryReadAsync(run.At, into) is not { }) return;
        for (uint i = 0; i < run.Count; i++)
        {
            if (await TryReadAsync(run.At.Plus(i), into[..BlockSize]) is { } problem) NoteBad(run with { Block = run.Block + i, Count = 1 }, problem);
        }
    }

    private ValueTask<string?> TryReadAsync(Location at, Memory<byte> into)
    {
        lock (state.Gate)
        {
            // On an open volume the blocks may have been freed since, and a zone with nothing live may be in the middle of its reset; no other is reset now.
            ref var zone = ref state.Zones[at.Device][at.Zone];
            if (zone.Live == 0) return new ValueTask<string?>((string?)null);
            zone.Pins++;
        }
        return state.Reader.TryReadPinnedAsync(at, into);
    }

    private void NoteBad(BlockRun block, string problem)
    {
        if (block.Block >= state.Zones[block.Device][block.Zone].Written) problem = "the device has lost them";
        lock (_badGate)
        {
            if (_bad.Count > 0 && _bad[^1] is var last && last.Device == block.Device && last.Zone == block.Zone && last.End == block.Block)
            {
                _problems.Remove(last, out var first);
                _bad[^1] = last with { Count = last.Count + 1 };
                _problems[_bad[^1]] = first ?? problem;
            }
            else if (_bad.Count < BadMax)
            {
                _bad.Add(block);
                _problems[block] = problem;
            }
            else
            {
                IsCut = true;
            }
        }
    }

    /// <summary>There is more bad data than was kept.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Whose the bad blocks are, now: one more pass over the extents, and only where something is bad.</summary>
    private List<(BlockRun Run, ulong Inode, ItemKind Layer, ulong FileBlock, Extent Part)> FindOwners()
    {
        var owners = new List<(BlockRun, ulong, ItemKind, ulong, Extent)>();
        if (_bad.Count == 0) return owners;
        var byZone = _bad.ToLookup(run => (run.Device, run.Zone));
        lock (state.Gate)
        {
            var scan = state.Tree.Scan(new ItemKey(0, 0));
            while (scan.MoveNext())
            {
                var layer = ItemKeys.KindOf(scan.Key);
                if (layer is not (ItemKind.Extent or ItemKind.Promoted) || ItemChecks.RunsOf(state, scan.Key, scan.Value) is not { } extents) continue;
                foreach (var extent in extents)
                    foreach (var run in byZone[(extent.At.Device, extent.At.Zone)])
                        if (run.TryCut(extent, out var part)) owners.Add((run, ItemKeys.InodeOf(scan.Key), layer, scan.Key.Low, part));
            }
        }
        return owners;
    }

    /// <summary>Says that it is bad, unless it was moved or freed since, or the zone written anew.</summary>
    private async Task ReportAsync(BlockRun run, ulong inode, ItemKind layer, ulong fileBlock, Extent part)
    {
        using var buffer = new AlignedMemory((int)Math.Min(part.Count, ReadBlocks) * BlockSize);
        string? problem = null;
        for (var block = part.FileBlock; block < part.End && problem is null; block += ReadBlocks)
        {
            var piece = part.Slice(block, Math.Min(part.End, block + ReadBlocks));
            problem = await TryReadAsync(piece.At, buffer.Memory[..((int)piece.Count * BlockSize)]);
        }
        if (problem is null) return;
        lock (state.Gate)
        {
            if (!state.Extents.TryFind(layer, inode, part.FileBlock, out var now) || now.Slice(part.FileBlock, part.FileBlock + 1).At != part.At) return;
            var isCopy = layer == ItemKind.Promoted;
            findings.Add(ItemChecks.Finding(state, isCopy ? FindingKind.Copy : FindingKind.Data, inode, part,
                isCopy ? $"a promoted copy is damaged: {_problems[run]}" : _problems[run], isCopy ? ItemRepairs.DropCopy(inode, fileBlock) : null));
        }
    }

    /// <summary>Deals out the zones of a device to its workers.</summary>
    private sealed class ZoneCounter
    {
        private int _next = -1;

        public int Take() => Interlocked.Increment(ref _next);
    }
}
