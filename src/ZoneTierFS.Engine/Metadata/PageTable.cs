using System.Runtime.InteropServices;

namespace ZoneTierFS.Engine.Metadata;

/// <summary>
/// Page id → place on media, in native memory, kept in pages of its own that a checkpoint writes when they changed. Because pages name each other by id,
/// a page that moves changes nothing but its entry here.
/// </summary>
internal sealed unsafe class PageTable(PageKind kind) : IDisposable
{
    /// <summary>Entries of one table page.</summary>
    public const uint EntriesPerPage = (PageFormat.Size - PageFormat.HeaderSize) / 8;

    private readonly List<nint> _pages = [];
    private readonly PageIdSet _dirty = new();

    /// <summary>Table pages that there are; all of them make up the table on media.</summary>
    public int TablePageCount => _pages.Count;

    public int DirtyCount => _dirty.Count;

    /// <summary>The page's place; none for a page that was never written or is free.</summary>
    public PageAddress Get(uint id) => id / EntriesPerPage < (uint)_pages.Count ? *Entry(id) : PageAddress.None;

    /// <summary>Changes the page's place and so makes its table page dirty.</summary>
    public void Set(uint id, PageAddress address)
    {
        while (id / EntriesPerPage >= (uint)_pages.Count)
        {
            _dirty.Add((uint)_pages.Count);
            AddPage();
        }
        *Entry(id) = address;
        _dirty.Add(id / EntriesPerPage);
    }

    /// <summary>All pages that have a place on media, by ascending id.</summary>
    public IEnumerable<(uint Id, PageAddress Address)> Addresses()
    {
        for (uint id = 0; id < (uint)_pages.Count * EntriesPerPage; id++)
            if (Get(id) is { IsNone: false } address) yield return (id, address);
    }

    /// <summary>Appends the indexes of all dirty table pages in ascending order and returns how many there are.</summary>
    public int CollectDirty(List<uint> indexes)
    {
        _dirty.CopyTo(indexes);
        return _dirty.Count;
    }

    /// <summary>Copies the table page out as it is to be written. It stays dirty until <see cref="MarkClean"/>.</summary>
    public void SealTablePage(int index, ulong generation, Span<byte> into)
    {
        new ReadOnlySpan<byte>((void*)_pages[index], PageFormat.Size).CopyTo(into);
        PageFormat.Seal(into, kind, (uint)index, generation);
    }

    public void MarkClean(int index)
    {
        if (!_dirty.Remove((uint)index))
            throw new InvalidOperationException($"{kind} page {index} is not dirty.");
    }

    /// <summary>Makes a table page that is on media already dirty again, so that the next checkpoint writes it elsewhere.</summary>
    public void MarkDirty(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_pages.Count);
        _dirty.Add((uint)index);
    }

    /// <summary>Takes in a table page that was read from media, in order of index. Throws <see cref="InvalidDataException"/> where it is damaged.</summary>
    public void LoadTablePage(int index, ReadOnlySpan<byte> image)
    {
        if (index != _pages.Count)
            throw new InvalidOperationException($"{kind} page {index} cannot be loaded as number {_pages.Count}.");
        PageFormat.Check(image, kind, (uint)index);
        AddPage();
        image.CopyTo(new Span<byte>((void*)_pages[index], PageFormat.Size));
    }

    /// <summary>Takes the place of a table page that cannot be read, in order of index: its pages lie nowhere, and it is to be written.</summary>
    public void AddLostPage()
    {
        _dirty.Add((uint)_pages.Count);
        AddPage();
    }

    public void Dispose()
    {
        foreach (var page in _pages)
            NativeMemory.AlignedFree((void*)page);
        _pages.Clear();
    }

    private PageAddress* Entry(uint id) => (PageAddress*)(_pages[(int)(id / EntriesPerPage)] + PageFormat.HeaderSize) + id % EntriesPerPage;

    private void AddPage()
    {
        var page = NativeMemory.AlignedAlloc(PageFormat.Size, 4096);
        new Span<byte>(page, PageFormat.HeaderSize).Clear();
        new Span<byte>((byte*)page + PageFormat.HeaderSize, PageFormat.Size - PageFormat.HeaderSize).Fill(0xFF); // every address none
        _pages.Add((nint)page);
    }
}
