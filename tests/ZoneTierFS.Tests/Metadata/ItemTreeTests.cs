using Xunit;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Tests.Metadata;

public sealed unsafe class ItemTreeTests : IDisposable
{
    private const int ExtentsPerPage = TreePage.Capacity / (TreePage.EntrySize + 16);

    private readonly PageStore _pages = new(PageKind.Tree, 1);
    private readonly ItemTree _tree;
    private readonly byte[] _value = new byte[16];

    public ItemTreeTests() => _tree = new ItemTree(_pages);

    public void Dispose() => _pages.Dispose();

    [Fact]
    public void An_empty_tree_finds_nothing()
    {
        Assert.False(_tree.TryGet(default, out _));
        Assert.False(_tree.TryGetAtOrAfter(ItemKey.MinValue, out _, out _));
        Assert.False(_tree.TryGetAtOrBefore(ItemKey.MaxValue, out _, out _));
        Assert.False(_tree.Scan(ItemKey.MinValue).MoveNext());
        Assert.False(_tree.Delete(default));
        Assert.Equal(0, _tree.DeleteRange(ItemKey.MinValue, ItemKey.MaxValue));
        _tree.Verify();
    }

    [Fact]
    public void The_lowest_and_the_highest_key_and_empty_values_are_items_like_any_other()
    {
        _tree.Put(ItemKey.MaxValue, []);
        _tree.Put(ItemKey.MinValue, [1]);
        Assert.True(_tree.TryGet(ItemKey.MaxValue, out var value));
        Assert.Equal(0, value.Length);
        Assert.True(_tree.TryGetAtOrBefore(ItemKey.MaxValue with { Low = 5 }, out var found, out value));
        Assert.Equal(ItemKey.MinValue, found);
        Assert.Equal(1, value.Length);
        Assert.Equal(1, _tree.DeleteRange(ItemKey.MinValue, ItemKey.MaxValue));
        Assert.Equal(1, _tree.ItemCount);
    }

    [Fact]
    public void Three_of_the_longest_values_share_a_page_and_a_longer_one_is_refused()
    {
        var longest = new byte[ItemTree.ValueBytesMax];
        for (ulong i = 0; i < 3; i++)
            _tree.Put(new ItemKey(1, i), longest);
        Assert.Equal(1, _pages.AllocatedCount);
        Assert.InRange(ItemTree.ValueBytesMax, 4200, TreePage.Capacity / 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => _tree.Put(new ItemKey(1, 9), new byte[ItemTree.ValueBytesMax + 1]));
        _tree.Verify();
    }

    [Fact]
    public void Ascending_inserts_leave_full_pages()
    {
        const int count = 100_000;
        for (var i = 0; i < count; i++)
            _tree.Put(new ItemKey((ulong)i / 900, (ulong)i), _value);
        _tree.Verify();
        Assert.Equal(count / ExtentsPerPage + 2, _pages.AllocatedCount); // full leaves, the last leaf, the root
    }

    [Theory]
    [InlineData(7)]
    [InlineData(100)]
    public void Files_that_grow_side_by_side_leave_nearly_full_pages(int files)
    {
        const int count = 100_000;
        for (var i = 0; i < count; i++)
            _tree.Put(new ItemKey((ulong)(i % files) << 8, (ulong)i), _value);
        _tree.Verify();
        Assert.InRange(_pages.AllocatedCount, count / ExtentsPerPage, count / ExtentsPerPage * 6 / 5 + 2 * files);
    }

    [Fact]
    public void A_file_that_grows_in_the_middle_of_others_leaves_nearly_full_pages()
    {
        for (var i = 0; i < 50_000; i++)
            _tree.Put(new ItemKey((ulong)i << 8, 0), _value);
        var before = _pages.AllocatedCount;
        for (var i = 0; i < 50_000; i++)
            _tree.Put(new ItemKey(25_000 << 8, (ulong)i + 1), _value);
        _tree.Verify();
        Assert.InRange(_pages.AllocatedCount - before, 50_000 / ExtentsPerPage, 50_000 / ExtentsPerPage + 5);
    }

    [Fact]
    public void Files_that_were_created_first_and_written_later_leave_nearly_full_pages()
    {
        var record = new byte[96];
        for (var file = 0; file < 20_000; file++) _tree.Put(new ItemKey((ulong)file << 8, 0), record);
        for (var file = 0; file < 20_000; file++)
        {
            for (var extent = 0; extent < 10; extent++) _tree.Put(new ItemKey((ulong)file << 8 | 4, (ulong)extent), _value);
        }
        _tree.Verify();
        var bytes = 20_000L * (20 + record.Length + 10 * (20 + _value.Length));
        Assert.InRange(_pages.AllocatedCount, bytes / PageFormat.Size, bytes / PageFormat.Size * 10 / 9);
    }

    [Fact]
    public void Items_in_random_order_leave_pages_that_are_four_fifths_full()
    {
        var random = new Random(3);
        for (var i = 0; i < 200_000; i++) _tree.Put(new ItemKey((ulong)random.NextInt64(), 0), _value);
        _tree.Verify();
        Assert.InRange(_pages.AllocatedCount, 200_000 / ExtentsPerPage, 200_000 / ExtentsPerPage * 5 / 4);
    }

    [Fact]
    public void A_long_range_is_deleted_and_its_pages_come_back()
    {
        for (var i = 0; i < 200_000; i++)
            _tree.Put(new ItemKey((ulong)i / 1000, (ulong)i % 1000), _value);
        Assert.Equal(150_500, _tree.DeleteRange(new ItemKey(20, 500), new ItemKey(171, 0)));
        _tree.Verify();
        Assert.Equal(49_500, _tree.ItemCount);
        Assert.InRange(_pages.AllocatedCount, 49_500 / ExtentsPerPage, 49_500 / ExtentsPerPage + 4);
        Assert.True(_tree.TryGetAtOrAfter(new ItemKey(20, 500), out var found, out _));
        Assert.Equal(new ItemKey(171, 0), found);
        Assert.True(_tree.TryGetAtOrBefore(new ItemKey(170, 0), out found, out _));
        Assert.Equal(new ItemKey(20, 499), found);
        Assert.Equal(0, _tree.DeleteRange(new ItemKey(5, 0), new ItemKey(5, 0)));
        Assert.Equal(0, _tree.DeleteRange(new ItemKey(6, 0), new ItemKey(5, 0)));
    }

    [Fact]
    public void Only_pages_that_change_become_dirty()
    {
        for (var i = 0; i < 100_000; i++)
            _tree.Put(new ItemKey(1, (ulong)i), _value);
        foreach (var id in _pages.Freeze()) _pages.TakeFrozen(id, new byte[PageFormat.Size]);
        _tree.TryGet(new ItemKey(1, 50_000), out _);
        _tree.TryGetAtOrBefore(new ItemKey(1, 50_000), out _, out _);
        _tree.Delete(new ItemKey(2, 0));
        Assert.Equal(0, _pages.DirtyCount);
        _tree.Put(new ItemKey(1, 50_000), _value);
        Assert.Equal(1, _pages.DirtyCount);
        _tree.Delete(new ItemKey(1, 50_000));
        Assert.Equal(1, _pages.DirtyCount);
    }

    [Fact]
    public void Looking_up_and_changing_allocate_nothing_on_the_managed_heap()
    {
        long allocated = -1;
        // The first rounds grow the store and compile the code; a collection that other tests cause can count against a round. What allocates, does in each.
        for (var round = 0; round < 20 && allocated != 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Churn();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
    }

    [Fact]
    public void A_value_that_the_tree_gave_out_can_be_put_under_another_key()
    {
        var random = new Random(1);
        for (var round = 0; round < 2000; round++) // over many compactions and splits of the page that holds the value
        {
            var length = random.Next(1, 2000);
            var expected = new byte[length];
            random.NextBytes(expected);
            var from = new ItemKey(1, (ulong)random.Next(40));
            var to = new ItemKey(1, (ulong)random.Next(40));
            _tree.Put(from, expected);
            Assert.True(_tree.TryGet(from, out var given));
            _tree.Put(to, given);
            Assert.True(_tree.TryGet(to, out given));
            Assert.True(given.SequenceEqual(expected));
        }
        _tree.Verify();
    }

    [Fact]
    public void A_cursor_notices_that_the_tree_changed()
    {
        _tree.Put(new ItemKey(1, 1), _value);
        Assert.Throws<InvalidOperationException>(() => ScanAcross(() => _tree.Put(new ItemKey(1, 2), _value)));
        Assert.Throws<InvalidOperationException>(() => ScanAcross(() => _tree.Delete(new ItemKey(1, 2))));
        ScanAcross(() => _tree.Delete(new ItemKey(1, 2))); // not there any more: no change
    }

    [Fact]
    public void Damage_in_the_tree_is_found()
    {
        for (var i = 0; i < 10_000; i++)
            _tree.Put(new ItemKey(1, (ulong)i), _value);
        _tree.Verify();
        var lost = _pages.Allocate();
        Assert.Contains("belong", Assert.Throws<InvalidDataException>(_tree.Verify).Message, StringComparison.Ordinal);
        _pages.Free(lost);
        _tree.Verify();
        var leaf = new TreePage(_pages.Get(new TreePage(_pages.Get(_tree.Root)).Child(3)));
        leaf.SetKey(0, new ItemKey(0, 5));
        Assert.Contains("outside", Assert.Throws<InvalidDataException>(_tree.Verify).Message, StringComparison.Ordinal);
        leaf.SetKey(0, new ItemKey(9, 5));
        Assert.Contains("order", Assert.Throws<InvalidDataException>(_tree.Verify).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(new ItemTree(_pages, _tree.Root, 9_999).Verify);
    }

    private void ScanAcross(Action change)
    {
        var cursor = _tree.Scan(ItemKey.MinValue);
        Assert.True(cursor.MoveNext());
        change();
        cursor.MoveNext();
    }

    private void Churn()
    {
        Span<byte> longer = stackalloc byte[100];
        for (var i = 0; i < 5_000; i++)
            _tree.Put(new ItemKey((ulong)i * 7919 % 5_000, 1), _value);
        for (var i = 0; i < 5_000; i++)
            _tree.Put(new ItemKey((ulong)i, 1), longer);
        for (var i = 0; i < 5_000; i++)
        {
            _tree.TryGet(new ItemKey((ulong)i, 1), out _);
            _tree.TryGetAtOrBefore(new ItemKey((ulong)i, 0), out _, out _);
            _tree.TryGetAtOrAfter(new ItemKey((ulong)i, 0), out _, out _);
        }
        var cursor = _tree.Scan(ItemKey.MinValue);
        while (cursor.MoveNext())
            _ = cursor.Value;
        for (var i = 0; i < 4_000; i++)
            _tree.Delete(new ItemKey((ulong)i, 1));
        _tree.DeleteRange(ItemKey.MinValue, ItemKey.MaxValue);
    }
}
