using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace ZoneTierFS.Engine.Metadata;

/// <summary>
/// The pages of one kind in native memory, numbered from 0. It knows which are in memory, which changed since they were last written, and (in its
/// <see cref="Table"/>) where on media each lies; reading and writing them is its caller's work. Calls are made under one lock.
/// </summary>
/// <remarks>
/// A checkpoint copies the dirty pages out under one hold of that lock (<see cref="CollectDirty"/>, <see cref="Seal"/>, <see cref="MarkClean"/>,
/// <see cref="TakeFreed"/>). Their new addresses are entered later, when they are on media; until then the table changes for no other reason, so that it never
/// mixes two states.
/// </remarks>
internal sealed unsafe class PageStore : IDisposable
{
    // Frames come from slabs of 1 MiB: page by page, aligned allocation would waste a quarter.
    private const int SlabPages = 64;

    private readonly PageKind _kind;
    private readonly List<nint> _slabs = [];
    private readonly Stack<nint> _spareFrames = new();
    private readonly PageIdSet _free = new();
    private readonly PageIdSet _dirty = new();
    private readonly PageIdSet _freed = new();
    private nint[] _frames;
    private int _residentCount;

    /// <param name="kind">Tree or checksum pages.</param>
    /// <param name="capacityHint">Pages to expect; more may come.</param>
    public PageStore(PageKind kind, int capacityHint)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Pages are used in memory as they are on media, which is little-endian.");
        _kind = kind;
        _frames = new nint[Math.Max(capacityHint, 16)];
        Table = new PageTable(kind == PageKind.Tree ? PageKind.TreeTable : PageKind.ChecksumTable);
    }

    public PageTable Table { get; }

    /// <summary>Highest id ever in use + 1.</summary>
    public uint PageCount { get; private set; }

    /// <summary>Pages in use, in memory or not.</summary>
    public int AllocatedCount => (int)PageCount - _free.Count;

    public int DirtyCount => _dirty.Count;

    public long ResidentBytes => (long)_residentCount * PageFormat.Size;

    public bool IsAllocated(uint id) => id < PageCount && !_free.Contains(id);

    public bool IsResident(uint id) => id < (uint)_frames.Length && _frames[id] != 0;

    public bool IsDirty(uint id) => _dirty.Contains(id);

    /// <summary>Takes over a checkpoint's numbering, once the table's pages are loaded into an empty store: ids without an address are free.</summary>
    public void Restore(uint pageCount)
    {
        if (PageCount != 0)
            throw new InvalidOperationException("Only an empty page store can be restored.");
        for (var id = pageCount; id < (uint)Table.TablePageCount * PageTable.EntriesPerPage; id++)
        {
            if (!Table.Get(id).IsNone)
                throw new InvalidDataException($"{_kind} page {id} has an address, but there are only {pageCount} pages.");
        }
        PageCount = pageCount;
        GrowFrames(pageCount);
        for (uint id = 0; id < pageCount; id++)
        {
            if (Table.Get(id).IsNone)
                _free.Add(id);
        }
    }

    /// <summary>A new page of zeros, in memory and dirty. The lowest free id is used first.</summary>
    public uint Allocate()
    {
        var id = _free.First();
        if (id == PageFormat.NoId)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(PageCount, (uint)Array.MaxLength);
            id = PageCount++;
        }
        _free.Remove(id);
        GrowFrames(id + 1);
        new Span<byte>(NewFrame(id), PageFormat.Size).Clear();
        _dirty.Add(id);
        return id;
    }

    /// <summary>
    /// Gives the id back. Its address stays in the table until <see cref="TakeFreed"/>: a checkpoint that is being written may still need the page.
    /// </summary>
    public void Free(uint id)
    {
        if (!IsAllocated(id))
            throw new InvalidOperationException($"{_kind} page {id} is not in use.");
        if (IsResident(id))
            DropFrame(id);
        _dirty.Remove(id);
        _free.Add(id);
        // Also without an address: a checkpoint that is being written may be about to give it one, which would otherwise stay for ever.
        _freed.Add(id);
    }

    /// <summary>The ids that were freed since the last call, are free still, and have an address: the next checkpoint takes it from them.</summary>
    public List<uint> TakeFreed()
    {
        var freed = new List<uint>();
        _freed.CopyTo(freed);
        foreach (var id in freed) _freed.Remove(id);
        freed.RemoveAll(id => IsAllocated(id) || Table.Get(id).IsNone);
        return freed;
    }

    /// <summary>The page's <see cref="PageFormat.Size"/> bytes, until it is freed or evicted.</summary>
    public byte* Get(uint id)
    {
        var frames = _frames;
        if (id >= (uint)frames.Length || frames[id] == 0)
            ThrowNotResident(id);
        return (byte*)frames[id];
    }

    /// <summary>To be called with every change of a page.</summary>
    public void MarkDirty(uint id)
    {
        if (!IsResident(id))
            ThrowNotResident(id);
        _dirty.Add(id);
    }

    /// <summary>Takes in a page that was read from media. Throws <see cref="InvalidDataException"/> where it is damaged or another page.</summary>
    public void Load(uint id, ReadOnlySpan<byte> image)
    {
        if (!IsAllocated(id) || IsResident(id))
            throw new InvalidOperationException($"{_kind} page {id} is {(IsResident(id) ? "in memory already" : "not in use")}.");
        PageFormat.Check(image, _kind, id);
        // The checksum vouches for the medium, not for the code that wrote the page: no offset in it is trusted unseen.
        if (_kind == PageKind.Tree && !TreePage.IsWellFormed(image, out var problem))
            throw new InvalidDataException($"{_kind} page {id} is whole but makes no sense: {problem}.");
        image.CopyTo(new Span<byte>(NewFrame(id), PageFormat.Size));
    }

    /// <summary>Drops a clean page from memory.</summary>
    public void Evict(uint id)
    {
        if (!IsResident(id))
            ThrowNotResident(id);
        if (_dirty.Contains(id))
            throw new InvalidOperationException($"{_kind} page {id} has changes that are not on media yet.");
        DropFrame(id);
    }

    /// <summary>Appends the ids of all dirty pages in ascending order and returns how many there are.</summary>
    public int CollectDirty(List<uint> ids)
    {
        _dirty.CopyTo(ids);
        return _dirty.Count;
    }

    /// <summary>Copies the page out as it is to be written, header and checksum filled in. It stays dirty until <see cref="MarkClean"/>.</summary>
    public void Seal(uint id, ulong generation, Span<byte> into)
    {
        new ReadOnlySpan<byte>(Get(id), PageFormat.Size).CopyTo(into);
        PageFormat.Seal(into, _kind, id, generation);
    }

    public void MarkClean(uint id)
    {
        if (!_dirty.Remove(id))
            throw new InvalidOperationException($"{_kind} page {id} is not dirty.");
    }

    public void Dispose()
    {
        foreach (var slab in _slabs)
            NativeMemory.AlignedFree((void*)slab);
        _slabs.Clear();
        _spareFrames.Clear();
        _frames = []; // from here on every Get throws instead of reading freed memory
        Table.Dispose();
    }

    private byte* NewFrame(uint id)
    {
        if (_spareFrames.Count == 0)
            AddSlab();
        var frame = _spareFrames.Pop();
        _frames[id] = frame;
        _residentCount++;
        return (byte*)frame;
    }

    private void DropFrame(uint id)
    {
        _spareFrames.Push(_frames[id]);
        _frames[id] = 0;
        _residentCount--;
    }

    private void AddSlab()
    {
        var slab = (nint)NativeMemory.AlignedAlloc(SlabPages * PageFormat.Size, 4096);
        _slabs.Add(slab);
        for (var i = SlabPages - 1; i >= 0; i--)
            _spareFrames.Push(slab + i * PageFormat.Size);
    }

    private void GrowFrames(uint count)
    {
        if (count > _frames.Length)
            Array.Resize(ref _frames, (int)Math.Max(count, (uint)_frames.Length * 2));
    }

    [DoesNotReturn]
    private void ThrowNotResident(uint id) => throw new InvalidOperationException($"{_kind} page {id} is not in memory.");
}
