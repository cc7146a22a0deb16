using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Tests.Engine;

namespace ZoneTierFS.Tests.Extents;

/// <summary>An extent map beside a dictionary of blocks that is told the same, and a second tree that is told only what the journal says.</summary>
internal sealed class ExtentWorld : IDisposable
{
    public const ulong Inode = 7;
    public const int ZoneBlocks = 1024;

    /// <summary>Above every block that a test uses.</summary>
    private const ulong BlocksMax = 1 << 13;

    private const int ZonesPerDevice = 64;

    private readonly Dictionary<ulong, Location> _expected = [];
    private readonly PageStore _replayedPages = new(PageKind.Tree, 16);
    private readonly ItemTree _replayed;
    private readonly VolumeState _state;

    public ExtentWorld()
    {
        TierDevice[] tiers = [Tier("tlc"), Tier("qlc")];
        var zones = tiers.Select((tier, index) => 
            new DeviceZones(index, tier, tier.Device.ReportZonesAsync(CancellationToken.None).AsTask().Result, 2)).ToArray();
        _state = new VolumeState(new SuperblockSet([]), tiers, zones, new VolumeOptions(), VolumeFixture.Environment);
        _state.AttachTree(new ItemTree(_state.Pages));
        _state.Journal.Start(epoch: 1, nextSequence: 1, confirmed: 0);
        _replayed = new ItemTree(_replayedPages);
    }

    public PageStore Pages => _state.Pages;

    public IReadOnlyDictionary<ulong, Location> Expected => _expected;

    public int MapCount => Items().Count(item => item.IsMap);

    public static Location RandomPlace(Random random, uint count) =>
        new(random.Next(2), random.Next(2, ZonesPerDevice), (uint)random.Next(ZoneBlocks - (int)count + 1));

    public void Insert(Extent extent)
    {
        var removed = 0;
        for (uint i = 0; i < extent.Count; i++)
        {
            if (_expected.ContainsKey(extent.FileBlock + i)) removed++;
            _expected[extent.FileBlock + i] = extent.At.Plus(i);
        }
        Assert.Equal(extent.Count - removed, _state.Extents.Insert(ItemKind.Extent, Inode, extent));
        _state.Journal.EndTransaction();
        _state.Extents.Reshape();
    }

    public void Remove(ulong from, ulong count)
    {
        var gone = _expected.Keys.Where(block => block >= from && block - from < count).ToList();
        gone.ForEach(block => _expected.Remove(block));
        Assert.Equal(gone.Count, _state.Extents.Remove(ItemKind.Extent, Inode, from, count));
        _state.Journal.EndTransaction();
    }

    /// <summary>A block and what follows it are found as the dictionary has them.</summary>
    public void AssertFound(ulong block)
    {
        var isMapped = _expected.TryGetValue(block, out var at);
        Assert.Equal(isMapped, _state.Extents.TryFind(ItemKind.Extent, Inode, block, out var extent));
        if (isMapped) Assert.Equal(at, extent.Slice(block, block + 1).At);
        var first = block;
        while (first < BlocksMax && !_expected.ContainsKey(first)) first++;
        Assert.Equal(first < BlocksMax, _state.Extents.TryFindFrom(ItemKind.Extent, Inode, block, out var from));
        if (first == BlocksMax) return;
        Assert.InRange(first, from.FileBlock, from.End - 1);
        Assert.Equal(_expected[first], from.Slice(first, first + 1).At);
    }

    /// <summary>The map is as the dictionary, no items overlap, the zones' live counts add up, and a replay of the journal leaves the same tree.</summary>
    public void AssertWhole()
    {
        var found = new Dictionary<ulong, Location>();
        var end = 0ul;
        foreach (var (first, isMap, runs) in Items())
        {
            Assert.True(first >= end, $"the item at {first} overlaps the one before, which ends at {end}");
            foreach (var run in runs)
                for (uint i = 0; i < run.Count; i++) found.Add(run.FileBlock + i, run.At.Plus(i));
            end = isMap ? first + PageMap.Blocks : runs.Single().End;
        }
        Assert.Equal(_expected.OrderBy(block => block.Key), found.OrderBy(block => block.Key));
        foreach (var zones in _state.Zones) Assert.Equal(_expected.Values.Count(at => at.Device == zones.Index), zones.LiveBlocks);
        _state.Tree.Verify();
        AssertReplayed();
    }

    private List<(ulong First, bool IsMap, List<Extent> Runs)> Items()
    {
        var items = new List<(ulong, bool, List<Extent>)>();
        var scan = _state.Tree.Scan(ItemKeys.Of(Inode, ItemKind.Extent));
        while (scan.MoveNext())
        {
            var runs = new List<Extent>();
            foreach (var run in _state.Extents.Runs(scan.Key, scan.Value)) runs.Add(run);
            items.Add((scan.Key.Low, PageMap.Is(scan.Value), runs));
        }
        return items;
    }

    private void AssertReplayed()
    {
        var batches = _state.Journal.TakePending(evenIfEmpty: true);
        foreach (var batch in batches)
        {
            var bytes = batch.Mutations.Complete(Guid.Empty, batch.Sequence, 1).Span;
            Assert.True(JournalBatchHeader.TryRead(bytes, Guid.Empty, out var header));
            var reader = new JournalReader(bytes, header);
            while (reader.TryRead(out var mutation)) JournalReplay.Apply(_replayed, mutation);
        }
        _state.Journal.Recycle(batches);
        var ours = _state.Tree.Scan(ItemKey.MinValue);
        var theirs = _replayed.Scan(ItemKey.MinValue);
        while (ours.MoveNext())
        {
            Assert.True(theirs.MoveNext());
            Assert.Equal(ours.Key, theirs.Key);
            Assert.True(ours.Value.SequenceEqual(theirs.Value), $"the item {ours.Key} differs after a replay");
        }
        Assert.False(theirs.MoveNext());
    }

    private static TierDevice Tier(string name) => VolumeFixture.Device(name, ZonesPerDevice, ZoneBlocks * (long)DeviceZones.BlockSize);

    public void Dispose()
    {
        _state.Dispose();
        _replayedPages.Dispose();
        foreach (var tier in _state.Devices) ((TestDevice)tier.Device).Inner.DisposeAsync().AsTask().Wait();
    }
}
