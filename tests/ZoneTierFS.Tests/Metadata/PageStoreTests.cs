using Xunit;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Tests.Metadata;

public sealed unsafe class PageStoreTests : IDisposable
{
    private readonly PageStore _pages = new(PageKind.Checksum, 1);
    private readonly byte[] _image = new byte[PageFormat.Size];

    public void Dispose() => _pages.Dispose();

    [Fact]
    public void New_pages_are_zeroed_dirty_and_numbered_from_zero_and_the_lowest_free_id_comes_back_first()
    {
        for (uint id = 0; id < 200; id++)
        {
            Assert.Equal(id, _pages.Allocate());
            new Span<byte>(_pages.Get(id), PageFormat.Size).Fill(0xAB);
        }
        Assert.Equal(200, _pages.DirtyCount);
        Assert.Equal(200L * PageFormat.Size, _pages.ResidentBytes);
        foreach (var id in new uint[] { 150, 7, 99 })
            _pages.Free(id);
        Assert.Equal(197, _pages.AllocatedCount);
        Assert.Equal(197, _pages.DirtyCount);
        Assert.Equal(200u, _pages.PageCount);
        Assert.Equal([7u, 99u, 150u, 200u], new[] { _pages.Allocate(), _pages.Allocate(), _pages.Allocate(), _pages.Allocate() });
        Assert.Equal(-1, new ReadOnlySpan<byte>(_pages.Get(99), PageFormat.Size).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_sealed_page_is_loaded_again_and_every_flipped_bit_is_noticed()
    {
        FillAndSeal(3);
        for (var bit = 0; bit < _image.Length * 8; bit += 7)
        {
            _image[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.Throws<InvalidDataException>(() => _pages.Load(3, _image));
            _image[bit / 8] ^= (byte)(1 << bit % 8);
        }
        Assert.Throws<InvalidDataException>(() => _pages.Load(3, _image.AsSpan(1)));
        Assert.False(_pages.IsResident(3));
        _pages.Load(3, _image);
        Assert.Equal(0xCD, _pages.Get(3)[PageFormat.Size - 1]);
        Assert.False(_pages.IsDirty(3));
    }

    [Fact]
    public void A_page_of_another_id_or_kind_is_refused()
    {
        FillAndSeal(3);
        PageFormat.Seal(_image, PageKind.Checksum, 2, 1);
        Assert.Contains("page 2", Assert.Throws<InvalidDataException>(() => _pages.Load(3, _image)).Message, StringComparison.Ordinal);
        PageFormat.Seal(_image, PageKind.Tree, 3, 1);
        Assert.Contains("kind 1", Assert.Throws<InvalidDataException>(() => _pages.Load(3, _image)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bugs_of_the_caller_are_noticed()
    {
        Assert.Throws<InvalidOperationException>(() => _pages.Free(0));
        Assert.Throws<InvalidOperationException>(() => _pages.Load(0, _image));
        _pages.Allocate();
        Assert.Throws<InvalidOperationException>(() => _pages.Load(0, _image));
        Assert.Throws<InvalidOperationException>(() => _pages.Evict(0)); // dirty
        Assert.Throws<InvalidOperationException>(() => _pages.TakeFrozen(0, _image));
        _pages.Freeze();
        Assert.Throws<InvalidOperationException>(() => _pages.Evict(0)); // not on media yet
        Assert.Throws<InvalidOperationException>(() => _pages.Freeze());
        _pages.TakeFrozen(0, _image);
        Assert.Throws<InvalidOperationException>(() => _pages.TakeFrozen(0, _image));
        _pages.Evict(0);
        Assert.Throws<InvalidOperationException>(() => _pages.Evict(0));
        Assert.Throws<InvalidOperationException>(() => _pages.MarkDirty(0));
        Assert.Throws<InvalidOperationException>(() => (nint)_pages.Get(0));
        Assert.Throws<InvalidOperationException>(() => (nint)_pages.Get(uint.MaxValue));
        _pages.Free(0); // also when it is not in memory
        Assert.Throws<InvalidOperationException>(() => _pages.Restore(1, _ => true));
    }

    [Fact]
    public void After_dispose_no_page_can_be_reached()
    {
        _pages.Allocate();
        _pages.Dispose();
        Assert.Throws<InvalidOperationException>(() => (nint)_pages.Get(0));
    }

    [Fact]
    public void Dirty_pages_are_frozen_in_ascending_order_and_clean_from_then_on()
    {
        for (var i = 0; i < 300; i++) _pages.Allocate();
        Clean();
        foreach (var id in new uint[] { 257, 3, 64, 63 })
            _pages.MarkDirty(id);
        Assert.Equal([3u, 63u, 64u, 257u], _pages.Freeze());
        Assert.Equal(0, _pages.DirtyCount);
    }

    [Fact]
    public void A_frozen_page_is_taken_as_it_was_whatever_happens_to_it()
    {
        for (uint id = 0; id < 4; id++) Fill(_pages.Allocate(), 0x11);
        Assert.Equal(4, _pages.Freeze().Count);
        _pages.MarkDirty(0); // changed
        Fill(0, 0x22);
        _pages.MarkDirty(0);
        Fill(0, 0x33);
        _pages.Free(1); // freed
        _pages.Free(2); // freed and used again
        Assert.Equal(1u, _pages.Allocate());
        Fill(1, 0x44);
        for (uint id = 0; id < 4; id++)
        {
            _pages.TakeFrozen(id, _image);
            Assert.Equal(0x11, _image[PageFormat.Size - 1]);
        }
        Assert.Equal(0x33, _pages.Get(0)[PageFormat.Size - 1]);
        Assert.Equal(0x44, _pages.Get(1)[PageFormat.Size - 1]);
        Assert.Equal([0u, 1u], _pages.Freeze());
    }

    [Fact]
    public void The_pages_of_a_checkpoint_that_failed_are_dirty_again()
    {
        for (var i = 0; i < 4; i++) _pages.Allocate();
        var frozen = _pages.Freeze();
        _pages.TakeFrozen(0, _image);
        _pages.MarkDirty(1);
        _pages.Free(2);
        _pages.Thaw(frozen);
        Assert.Equal([0u, 1u, 3u], _pages.Freeze());
    }

    [Fact]
    public void Freed_ids_are_told_once_where_they_are_free_still()
    {
        for (var i = 0; i < 3; i++) _pages.Allocate();
        _pages.Free(0);
        _pages.Free(1);
        Assert.Equal(0u, _pages.Allocate());
        Assert.Equal([1u], _pages.TakeFreed());
        Assert.Empty(_pages.TakeFreed());
    }

    [Fact]
    public void A_new_page_that_is_freed_while_a_checkpoint_writes_it_is_told_to_the_next()
    {
        var id = _pages.Allocate();
        Clean();
        Assert.Empty(_pages.TakeFreed());
        _pages.Free(id);
        Assert.Equal([id], _pages.TakeFreed());
    }

    [Fact]
    public void A_restored_store_has_the_ids_that_are_in_use()
    {
        _pages.Restore(5001, id => id % 3 != 0);
        Assert.Equal(5001 - 1667, _pages.AllocatedCount);
        Assert.Equal([false, true, true, false], new uint[] { 0, 1, 2, 3 }.Select(_pages.IsAllocated));
        Assert.False(_pages.IsResident(1));
        Assert.Equal(0u, _pages.Allocate());
    }

    [Fact]
    public void A_table_survives_a_checkpoint()
    {
        const uint last = 5000;
        using var table = new PageTable(PageKind.ChecksumTable);
        using var restored = new PageTable(PageKind.ChecksumTable);
        for (uint id = 0; id <= last; id++)
            table.Set(id, id % 3 == 0 ? PageAddress.None : new PageAddress(id, id * 2));
        var indexes = new List<uint>();
        Assert.Equal(3, table.CollectDirty(indexes));
        foreach (var index in indexes)
        {
            table.SealTablePage((int)index, 5, _image);
            table.MarkClean((int)index);
            restored.LoadTablePage((int)index, _image);
        }
        Assert.Equal(new PageAddress(4999, 9998), restored.Get(4999));
        Assert.True(restored.Get(0).IsNone && restored.Get(uint.MaxValue - 1).IsNone);
        Assert.Equal(0, restored.DirtyCount);
        restored.Set(2041, new PageAddress(9, 9));
        restored.AddLostPage();
        indexes.Clear();
        restored.CollectDirty(indexes);
        Assert.Equal([1u, 3u], indexes);
        Assert.True(restored.Get(3 * PageTable.EntriesPerPage).IsNone);
    }

    [Fact]
    public void A_damaged_or_misplaced_table_page_is_refused()
    {
        using var written = new PageTable(PageKind.ChecksumTable);
        written.Set(0, new PageAddress(1, 2));
        written.SealTablePage(0, 1, _image);
        using var table = new PageTable(PageKind.ChecksumTable);
        using var other = new PageTable(PageKind.TreeTable);
        Assert.Throws<InvalidOperationException>(() => table.LoadTablePage(1, _image));
        Assert.Throws<InvalidDataException>(() => other.LoadTablePage(0, _image));
        _image[100] ^= 1;
        Assert.Throws<InvalidDataException>(() => table.LoadTablePage(0, _image));
        _image[100] ^= 1;
        table.LoadTablePage(0, _image);
        Assert.Throws<InvalidDataException>(() => table.LoadTablePage(1, _image));
        Assert.Equal(new PageAddress(1, 2), table.Get(0));
    }

    private void FillAndSeal(uint id)
    {
        while (_pages.PageCount <= id)
            _pages.Allocate();
        Fill(id, 0xCD);
        Clean();
        _image.AsSpan().Clear();
        new Span<byte>(_pages.Get(id), PageFormat.Size).CopyTo(_image);
        PageFormat.Seal(_image, PageKind.Checksum, id, 1);
        _pages.Evict(id);
    }

    private void Fill(uint id, byte value) => new Span<byte>(_pages.Get(id), PageFormat.Size)[PageFormat.HeaderSize..].Fill(value);

    /// <summary>As a checkpoint does.</summary>
    private void Clean()
    {
        foreach (var id in _pages.Freeze()) _pages.TakeFrozen(id, _image);
    }
}
