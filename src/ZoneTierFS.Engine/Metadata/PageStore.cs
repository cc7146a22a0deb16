using System.Diagnostics.CodeAnalysis;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Metadata;

/// <summary>
/// The pages of one kind in native memory, numbered from 0. It knows which are in memory and which changed since they were last written; where on media they
/// lie, and reading and writing them, is its caller's work. Calls are made under one lock.
/// </summary>
/// <remarks>
/// A checkpoint freezes the dirty pages in one moment (<see cref="Freeze"/>) and copies them out bit by bit (<see cref="TakeFrozen"/>), so that nobody waits
/// for long: a frozen page that is about to change, or is freed, is set aside as it was.
/// </remarks>
internal sealed unsafe class PageStore : IDisposable
{
    // Frames come from slabs: page by page, aligned allocation would waste a quarter. Where there are many, a slab is one of the processor's large pages: a
    // search touches a dozen places, and in single pages most of them cost a walk through the tables of the machine, and of the one that it is emulated on.
    private const int SmallSlabs = 4;
    private const int SmallSlabPages = 16;
    private const int SlabPages = 128;

    private readonly PageKind _kind;
    private readonly List<AlignedMemory> _slabs = [];
    private readonly Stack<nint> _spareFrames = new();
    private readonly PageIdSet _free = new();
    private readonly PageIdSet _freed = new();
    private readonly Dictionary<uint, nint> _setAside = [];
    private PageIdSet _dirty = new();
    private PageIdSet _frozen = new();
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
    }

    /// <summary>Highest id ever in use + 1.</summary>
    public uint PageCount { get; private set; }

    /// <summary>Pages in use, in memory or not.</summary>
    public int AllocatedCount => (int)PageCount - _free.Count;

    public int DirtyCount => _dirty.Count;

    /// <summary>Bytes of the pages in memory, those aside that are set aside for a checkpoint.</summary>
    public long ResidentBytes => (long)_residentCount * PageFormat.Size;

    public bool IsAllocated(uint id) => id < PageCount && !_free.Contains(id);

    public bool IsResident(uint id) => id < (uint)_frames.Length && _frames[id] != 0;

    public bool IsDirty(uint id) => _dirty.Contains(id);

    /// <summary>Takes over a checkpoint's numbering into an empty store.</summary>
    /// <param name="isAllocated">Whether an id is in use.</param>
    public void Restore(uint pageCount, Predicate<uint> isAllocated)
    {
        if (PageCount != 0)
            throw new InvalidOperationException("Only an empty page store can be restored.");
        PageCount = pageCount;
        GrowFrames(pageCount);
        for (uint id = 0; id < pageCount; id++)
        {
            if (!isAllocated(id))
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
    /// Gives the id back. It keeps its place on media until <see cref="TakeFreed"/>: a checkpoint that is being written may still need the page.
    /// </summary>
    public void Free(uint id)
    {
        if (!IsAllocated(id))
            throw new InvalidOperationException($"{_kind} page {id} is not in use.");
        if (IsFrozenHere(id))
        {
            _setAside[id] = _frames[id];
            _frames[id] = 0;
            _residentCount--;
        }
        if (IsResident(id))
            DropFrame(id);
        _dirty.Remove(id);
        _free.Add(id);
        _freed.Add(id);
    }

    /// <summary>The ids that were freed since the last call and are free still: the next checkpoint takes their places on media from them.</summary>
    public List<uint> TakeFreed()
    {
        var freed = new List<uint>();
        _freed.CopyTo(freed);
        foreach (var id in freed) _freed.Remove(id);
        freed.RemoveAll(IsAllocated);
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

    /// <summary>To be called before every change of a page.</summary>
    public void MarkDirty(uint id)
    {
        if (!IsResident(id))
            ThrowNotResident(id);
        if (IsFrozenHere(id))
        {
            var frame = TakeSpareFrame();
            new ReadOnlySpan<byte>((void*)_frames[id], PageFormat.Size).CopyTo(new Span<byte>((void*)frame, PageFormat.Size));
            _setAside[id] = frame;
        }
        _dirty.Add(id);
    }

    // Frozen, and its own frame still holds what it was then.
    private bool IsFrozenHere(uint id) => _frozen.Count > 0 && _frozen.Contains(id) && !_setAside.ContainsKey(id);

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
        if (_dirty.Contains(id) || _frozen.Contains(id))
            throw new InvalidOperationException($"{_kind} page {id} has changes that are not on media yet.");
        DropFrame(id);
    }

    /// <summary>
    /// Begins a checkpoint: the pages that are dirty now will be copied out as they are now, and count as clean from here on. Returns their ids in ascending
    /// order.
    /// </summary>
    public List<uint> Freeze()
    {
        if (_frozen.Count > 0)
            throw new InvalidOperationException($"{_frozen.Count} {_kind} pages are frozen already.");
        var ids = new List<uint>(_dirty.Count);
        _dirty.CopyTo(ids);
        (_frozen, _dirty) = (_dirty, _frozen);
        return ids;
    }

    /// <summary>Copies a frozen page out as it was when it was frozen; once. Header and checksum are its caller's to fill in.</summary>
    public void TakeFrozen(uint id, Span<byte> into)
    {
        if (!_frozen.Remove(id))
            throw new InvalidOperationException($"{_kind} page {id} is not frozen.");
        if (_setAside.Remove(id, out var frame))
        {
            new ReadOnlySpan<byte>((void*)frame, PageFormat.Size).CopyTo(into);
            _spareFrames.Push(frame);
            return;
        }
        new ReadOnlySpan<byte>(Get(id), PageFormat.Size).CopyTo(into);
    }

    /// <summary>Ends a checkpoint that failed: the pages that it froze and that are still there are dirty again.</summary>
    public void Thaw(IEnumerable<uint> frozen)
    {
        foreach (var id in frozen)
        {
            _frozen.Remove(id);
            if (_setAside.Remove(id, out var frame)) _spareFrames.Push(frame);
            if (IsAllocated(id)) _dirty.Add(id);
        }
    }

    public void Dispose()
    {
        foreach (IDisposable slab in _slabs)
            slab.Dispose();
        _slabs.Clear();
        _spareFrames.Clear();
        _frames = []; // from here on every Get throws instead of reading freed memory
    }

    private byte* NewFrame(uint id)
    {
        var frame = TakeSpareFrame();
        _frames[id] = frame;
        _residentCount++;
        return (byte*)frame;
    }

    private nint TakeSpareFrame()
    {
        if (_spareFrames.Count == 0)
            AddSlab();
        return _spareFrames.Pop();
    }

    private void DropFrame(uint id)
    {
        _spareFrames.Push(_frames[id]);
        _frames[id] = 0;
        _residentCount--;
    }

    private void AddSlab()
    {
        var pages = _slabs.Count < SmallSlabs ? SmallSlabPages : SlabPages;
        var slab = new AlignedMemory(pages * PageFormat.Size);
        _slabs.Add(slab);
        for (var i = pages - 1; i >= 0; i--)
            _spareFrames.Push((nint)slab.Pointer + i * PageFormat.Size);
    }

    private void GrowFrames(uint count)
    {
        if (count > _frames.Length)
            Array.Resize(ref _frames, (int)Math.Max(count, (uint)_frames.Length * 2));
    }

    [DoesNotReturn]
    private void ThrowNotResident(uint id) => throw new InvalidOperationException($"{_kind} page {id} is not in memory.");
}
