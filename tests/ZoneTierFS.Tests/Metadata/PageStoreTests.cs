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
        _pages.MarkClean(0);
        Assert.Throws<InvalidOperationException>(() => _pages.MarkClean(0));
        _pages.Evict(0);
        Assert.Throws<InvalidOperationException>(() => _pages.Evict(0));
        Assert.Throws<InvalidOperationException>(() => _pages.MarkDirty(0));
        Assert.Throws<InvalidOperationException>(() => (nint)_pages.Get(0));
        Assert.Throws<InvalidOperationException>(() => (nint)_pages.Get(uint.MaxValue));
        _pages.Free(0); // also when it is not in memory
        Assert.Throws<InvalidOperationException>(() => _pages.Restore(1));
    }

    [Fact]
    public void After_dispose_no_page_can_be_reached()
    {
        _pages.Allocate();
        _pages.Dispose();
        Assert.Throws<InvalidOperationException>(() => (nint)_pages.Get(0));
    }

    [Fact]
    public void Dirty_pages_are_collected_in_ascending_order()
    {
        for (var i = 0; i < 300; i++)
            _pages.MarkClean(_pages.Allocate());
        foreach (var id in new uint[] { 257, 3, 64, 63 })
            _pages.MarkDirty(id);
        var ids = new List<uint>();
        Assert.Equal(4, _pages.CollectDirty(ids));
        Assert.Equal([3u, 63u, 64u, 257u], ids);
    }

    [Fact]
    public void A_freed_page_keeps_its_address_until_the_next_checkpoint_takes_it()
    {
        _pages.Allocate();
        _pages.Allocate();
        _pages.Table.Set(0, new PageAddress(1, 2));
        _pages.Table.Set(1, new PageAddress(1, 6));
        _pages.Free(0);
        _pages.Free(1);
        Assert.Equal(0u, _pages.Allocate());
        Assert.Equal(new PageAddress(1, 6), _pages.Table.Get(1));
        Assert.Equal([1u], _pages.TakeFreed());
        Assert.Empty(_pages.TakeFreed());
    }

    [Fact]
    public void A_new_page_that_is_freed_while_a_checkpoint_writes_it_loses_its_address_with_the_next()
    {
        var id = _pages.Allocate();
        _pages.Seal(id, 1, new byte[PageFormat.Size]);
        _pages.MarkClean(id);
        Assert.Empty(_pages.TakeFreed());
        _pages.Free(id);
        _pages.Table.Set(id, new PageAddress(1, 0)); // the checkpoint has written it
        Assert.Equal([id], _pages.TakeFreed());
    }

    [Fact]
    public void The_table_survives_a_checkpoint_and_tells_which_ids_are_free()
    {
        const uint last = 5000;
        for (uint id = 0; id <= last; id++)
            _pages.Table.Set(id, id % 3 == 0 ? PageAddress.None : new PageAddress(id, id * 2));
        using var restored = new PageStore(PageKind.Checksum, 1);
        var indexes = new List<uint>();
        Assert.Equal(3, _pages.Table.CollectDirty(indexes));
        foreach (var index in indexes)
        {
            _pages.Table.SealTablePage((int)index, 5, _image);
            _pages.Table.MarkClean((int)index);
            restored.Table.LoadTablePage((int)index, _image);
        }
        Assert.Throws<InvalidDataException>(() => restored.Restore(last));
        restored.Restore(last + 1);
        Assert.Equal((int)(last + 1 - last / 3 - 1), restored.AllocatedCount);
        Assert.Equal(new PageAddress(4999, 9998), restored.Table.Get(4999));
        Assert.True(restored.Table.Get(uint.MaxValue - 1).IsNone);
        Assert.Equal(0, restored.Table.DirtyCount);
        restored.Table.Set(2041, new PageAddress(9, 9));
        indexes.Clear();
        restored.Table.CollectDirty(indexes);
        Assert.Equal([1u], indexes);
    }

    [Fact]
    public void A_damaged_or_misplaced_table_page_is_refused()
    {
        _pages.Table.Set(0, new PageAddress(1, 2));
        _pages.Table.SealTablePage(0, 1, _image);
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
        new Span<byte>(_pages.Get(id), PageFormat.Size)[PageFormat.HeaderSize..].Fill(0xCD);
        _pages.Seal(id, 1, _image);
        _pages.MarkClean(id);
        _pages.Evict(id);
    }
}
