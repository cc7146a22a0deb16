using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Checking;

/// <summary>
/// Whether extents lie in the data of the volume, one behind the other in their file, and each block belongs to one of them; whether promoted copies are
/// copies of something. Remembers a bit for each block, and the blocks that are claimed twice.
/// </summary>
internal sealed class ExtentCheck(VolumeState state, FindingList findings)
{
    /// <summary>Runs of blocks with several claims that are looked into; a repair finds the rest in its next round.</summary>
    private const int ContestedMax = 1000;

    private readonly List<BlockRun> _contested = [];
    private ulong _end;
    private ulong _blocks;
    private ulong _holes;
    private ulong _copyEnd;
    private bool _hasProblem;

    public BlockMap Blocks { get; } = new(state.Zones);

    public void BeginInode() => (_end, _blocks, _holes, _copyEnd, _hasProblem) = (0, 0, 0, 0, false);

    /// <summary>An item of the authoritative layer.</summary>
    public void Extent(ItemKey key, ReadOnlySpan<byte> value, in InodeRecord record)
    {
        var inode = ItemKeys.InodeOf(key);
        if (ItemChecks.RunsOf(state, key, value) is not { } runs)
        {
            AddUnknown(inode, key.Low, ulong.MaxValue, record, "an extent is malformed");
            return;
        }
        foreach (var run in runs) Run(inode, run, record);
    }

    private void Run(ulong inode, Extent extent, in InodeRecord record)
    {
        _blocks += extent.Count;
        if (extent.At.IsLost)
        {
            findings.Add(ItemChecks.Finding(state, FindingKind.Lost, inode, extent, "the bytes are lost; a repair has marked them so", null));
        }
        else if (!ItemChecks.IsPlace(state, extent))
        {
            AddUnknown(inode, extent.FileBlock, extent.End, record, $"an extent of {extent.Count} blocks lies at {extent.At}, which is no place for data");
            return;
        }
        else
        {
            Blocks.Mark(extent.At, extent.Count, Contest);
        }
        if (extent.FileBlock < _end)
        {
            var both = extent.Slice(extent.FileBlock, Math.Min(_end, extent.End));
            Add(FindingKind.Extent, inode, both, "two extents of the file claim the range", "because two extents claim them");
        }
        else
        {
            _holes += extent.FileBlock - _end;
        }
        _end = Math.Max(_end, extent.End);
    }

    /// <summary>An extent whose place, and so perhaps whose length, cannot be believed: up to the next one or the file's end nobody knows the bytes.</summary>
    private void AddUnknown(ulong inode, ulong fileBlock, ulong endMax, in InodeRecord record, string problem)
    {
        _hasProblem = true;
        var end = Math.Min(BlocksOf(record.Size), endMax);
        if (state.Tree.TryGetAtOrAfter(ItemKeys.Of(inode, ItemKind.Extent, fileBlock + 1), out var next, out _)
            && next.High == ItemKeys.Of(inode, ItemKind.Extent).High) end = Math.Min(end, next.Low);
        if (end <= fileBlock)
        {
            findings.Add(ItemChecks.Finding(state, FindingKind.Extent, inode, problem, ItemRepairs.RemoveExtent(inode, fileBlock, endMax)));
            return;
        }
        var range = new Extent(fileBlock, (uint)Math.Min(end - fileBlock, uint.MaxValue), Location.Lost);
        Add(FindingKind.Extent, inode, range, problem, "because their extent points nowhere");
    }

    private void Add(FindingKind kind, ulong inode, Extent range, string problem, string why)
    {
        _hasProblem = true;
        findings.Add(ItemChecks.Finding(state, kind, inode, range, problem, ItemRepairs.Lose(inode, range.FileBlock, range.End, why)));
    }

    /// <summary>An item of the layer of copies. All extents of its inode were seen.</summary>
    public void Copy(ItemKey key, ReadOnlySpan<byte> value)
    {
        var inode = ItemKeys.InodeOf(key);
        var runs = ItemChecks.RunsOf(state, key, value);
        var problem = runs is null ? "a promoted copy is malformed" : runs.Select(run => ProblemOf(inode, run)).FirstOrDefault(found => found is not null);
        if (problem is not null)
        {
            findings.Add(ItemChecks.Finding(state, FindingKind.Copy, inode, problem, ItemRepairs.DropCopy(inode, key.Low)));
            return;
        }
        foreach (var copy in runs!)
        {
            _copyEnd = copy.End;
            Blocks.Mark(copy.At, copy.Count, Contest);
        }
    }

    private string? ProblemOf(ulong inode, Extent copy) =>
        !ItemChecks.IsPlace(state, copy) || !state.Zones[copy.At.Device].IsFast ? $"a promoted copy lies at {copy.At}, which is no place for one"
        : copy.FileBlock < _copyEnd ? "two promoted copies claim the range"
        : !HasOriginal(inode, copy) ? "a promoted copy has no original" : null;

    private bool HasOriginal(ulong inode, Extent copy)
    {
        for (var block = copy.FileBlock; block < copy.End;)
        {
            if (!state.Tree.TryGetAtOrBefore(ItemKeys.Of(inode, ItemKind.Extent, block), out var key, out var value)
                || key.High != ItemKeys.Of(inode, ItemKind.Extent).High || ItemChecks.RunsOf(state, key, value) is not { } runs) return false;
            var at = block;
            var around = runs.FindIndex(run => run.FileBlock <= at && run.End > at);
            if (around < 0) return false;
            block = runs[around].End;
        }
        return true;
    }

    public void EndInode(ulong inode, in InodeRecord record)
    {
        // Mending the extents counts anew.
        if (_hasProblem || record.Blocks == _blocks) return;
        var end = BlocksOf(record.Size);
        var holes = _holes + (end > _end ? end - _end : 0);
        // As many blocks miss as the file has holes: these are no holes, and zeros would be a lie.
        var repair = record.Blocks > _blocks && record.Blocks - _blocks == holes ? ItemRepairs.LoseHoles(inode, end) : ItemRepairs.Recount(inode);
        findings.Add(ItemChecks.Finding(state, FindingKind.Blocks, inode,
            $"the record counts {record.Blocks} blocks, the extents have {_blocks}", repair));
    }

    private static ulong BlocksOf(ulong size) => size / DeviceZones.BlockSize + (size % DeviceZones.BlockSize > 0 ? 1u : 0u);

    private void Contest(BlockRun run)
    {
        if (_contested.Count < ContestedMax) _contested.Add(run);
    }

    /// <summary>
    /// All items were seen. Of several extents that claim a block, nobody can say which one is right: each file would show bytes that may be another's. A
    /// copy gives way without harm.
    /// </summary>
    public void Finish()
    {
        if (_contested.Count == 0) return;
        var owners = new Dictionary<BlockRun, int>();
        foreach (var (run, layer, _, _, _) in Claims())
            if (layer == ItemKind.Extent) owners[run] = owners.GetValueOrDefault(run) + 1;
        foreach (var (run, layer, inode, fileBlock, part) in Claims().ToList())
        {
            if (layer == ItemKind.Promoted)
                findings.Add(ItemChecks.Finding(state, FindingKind.Copy, inode, part, "the blocks of a promoted copy belong to others, too",
                    ItemRepairs.DropCopy(inode, fileBlock)));
            else if (owners[run] > 1)
                findings.Add(ItemChecks.Finding(state, FindingKind.Shared, inode, part, $"the blocks at {part.At} belong to others, too",
                    ItemRepairs.Lose(inode, part.FileBlock, part.End, "because other bytes claim the same place")));
        }
    }

    private List<(BlockRun Run, ItemKind Layer, ulong Inode, ulong FileBlock, Extent Part)> Claims()
    {
        var claims = new List<(BlockRun, ItemKind, ulong, ulong, Extent)>();
        var scan = state.Tree.Scan(new ItemKey(0, 0));
        while (scan.MoveNext())
        {
            var layer = ItemKeys.KindOf(scan.Key);
            if (layer is not (ItemKind.Extent or ItemKind.Promoted) || ItemChecks.RunsOf(state, scan.Key, scan.Value) is not { } extents) continue;
            foreach (var extent in extents.Where(extent => ItemChecks.IsPlace(state, extent)))
                foreach (var run in _contested)
                    if (run.TryCut(extent, out var part)) claims.Add((run, layer, ItemKeys.InodeOf(scan.Key), scan.Key.Low, part));
        }
        return claims;
    }
}
