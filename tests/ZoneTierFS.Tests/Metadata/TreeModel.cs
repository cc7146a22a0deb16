using System.Buffers.Binary;
using Xunit;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Tests.Metadata;

/// <summary>A tree beside a sorted dictionary that is told the same. Values are known by length and stamp, so that the dictionary stays small.</summary>
internal sealed class TreeModel : IDisposable
{
    private readonly SortedDictionary<ItemKey, (int Length, uint Stamp)> _expected = [];
    private readonly PageTable _table = new(PageKind.TreeTable);
    private readonly byte[] _value = new byte[ItemTree.ValueBytesMax];
    private uint _stamp;

    public TreeModel()
    {
        Pages = new PageStore(PageKind.Tree, 16);
        Tree = new ItemTree(Pages);
    }

    public PageStore Pages { get; private set; }

    public ItemTree Tree { get; private set; }

    public int Count => _expected.Count;

    public IEnumerable<ItemKey> Keys => _expected.Keys;

    public void Put(ItemKey key, int length)
    {
        _stamp++;
        _expected[key] = (length, _stamp);
        Tree.Put(key, Fill(length, _stamp));
    }

    public void Delete(ItemKey key) => Assert.Equal(_expected.Remove(key), Tree.Delete(key));

    public void DeleteRange(ItemKey from, ItemKey to)
    {
        var doomed = _expected.Keys.Where(key => key >= from && key < to).ToList();
        doomed.ForEach(key => _expected.Remove(key));
        Assert.Equal(doomed.Count, Tree.DeleteRange(from, to));
    }

    public void CheckGet(ItemKey key)
    {
        var found = Tree.TryGet(key, out var value);
        Assert.Equal(_expected.TryGetValue(key, out var expected), found);
        if (found)
            AssertValue(expected, value);
    }

    /// <summary>Everything is there, in order, and nothing else; neighbours are found from any key.</summary>
    public void CheckAll(Random random)
    {
        Tree.Verify();
        Assert.Equal(_expected.Count, Tree.ItemCount);
        var cursor = Tree.Scan(ItemKey.MinValue);
        foreach (var (key, expected) in _expected)
        {
            Assert.True(cursor.MoveNext());
            Assert.Equal(key, cursor.Key);
            AssertValue(expected, cursor.Value);
        }
        Assert.False(cursor.MoveNext());
        Assert.False(cursor.MoveNext());
        var keys = _expected.Keys.ToArray();
        for (var i = 0; i < 200; i++)
        {
            var near = keys.Length == 0 ? new ItemKey(5, 5) : keys[random.Next(keys.Length)];
            CheckNeighbours(keys, near);
            CheckNeighbours(keys, near with { Low = near.Low + 1 });
            CheckNeighbours(keys, near with { Low = near.Low - 1 });
        }
        CheckNeighbours(keys, ItemKey.MinValue);
        CheckNeighbours(keys, ItemKey.MaxValue);
    }

    /// <summary>
    /// Writes all dirty pages and the table out as a checkpoint does, and goes on from what was written: from the moment at which it began, as after a crash.
    /// </summary>
    /// <param name="meanwhile">Changes the tree between one page and the next.</param>
    public void Reopen(Dictionary<PageAddress, byte[]> media, ulong generation, Action? meanwhile = null)
    {
        var ids = Pages.Freeze();
        Assert.Equal(ids.Order(), ids);
        Assert.Equal(0, Pages.DirtyCount);
        foreach (var id in Pages.TakeFreed()) _table.Set(id, PageAddress.None);
        var (root, items, pageCount) = (Tree.Root, Tree.ItemCount, Pages.PageCount);
        var allocated = Enumerable.Range(0, (int)pageCount).Select(id => Pages.IsAllocated((uint)id)).ToArray();
        var expected = new SortedDictionary<ItemKey, (int Length, uint Stamp)>(_expected);
        foreach (var id in ids)
        {
            meanwhile?.Invoke();
            var image = new byte[PageFormat.Size];
            Pages.TakeFrozen(id, image);
            PageFormat.Seal(image, PageKind.Tree, id, generation);
            var address = new PageAddress((uint)generation, (uint)media.Count);
            media.Add(address, image);
            _table.Set(id, address);
        }
        Assert.All(Enumerable.Range(0, (int)pageCount), id => Assert.Equal(allocated[id], !_table.Get((uint)id).IsNone));
        var restored = new PageStore(PageKind.Tree, 16);
        restored.Restore(pageCount, id => allocated[id]);
        for (uint id = 0; id < pageCount; id++)
            if (allocated[id]) restored.Load(id, media[_table.Get(id)]);
        Tree = new ItemTree(restored, root, items);
        Pages.Dispose();
        Pages = restored;
        _expected.Clear();
        foreach (var (key, value) in expected) _expected.Add(key, value);
    }

    public void Dispose()
    {
        Pages.Dispose();
        _table.Dispose();
    }

    private void CheckNeighbours(ItemKey[] keys, ItemKey key)
    {
        var at = Array.BinarySearch(keys, key);
        var after = at >= 0 ? at : ~at;
        var before = at >= 0 ? at : ~at - 1;
        Assert.Equal(after < keys.Length, Tree.TryGetAtOrAfter(key, out var found, out var value));
        if (after < keys.Length)
        {
            Assert.Equal(keys[after], found);
            AssertValue(_expected[found], value);
        }
        Assert.Equal(before >= 0, Tree.TryGetAtOrBefore(key, out found, out value));
        if (before >= 0)
        {
            Assert.Equal(keys[before], found);
            AssertValue(_expected[found], value);
        }
        var cursor = Tree.Scan(key);
        Assert.Equal(after < keys.Length, cursor.MoveNext());
        if (after < keys.Length)
            Assert.Equal(keys[after], cursor.Key);
    }

    private void AssertValue((int Length, uint Stamp) expected, ReadOnlySpan<byte> value) =>
        Assert.True(value.SequenceEqual(Fill(expected.Length, expected.Stamp)), "A value is not what was put.");

    private ReadOnlySpan<byte> Fill(int length, uint stamp)
    {
        var value = _value.AsSpan(0, length);
        value.Fill((byte)(stamp * 31));
        if (length >= 4)
            BinaryPrimitives.WriteUInt32LittleEndian(value, stamp);
        if (length >= 8)
            BinaryPrimitives.WriteUInt32LittleEndian(value[^4..], ~stamp);
        return value;
    }
}
