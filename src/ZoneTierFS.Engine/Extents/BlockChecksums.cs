using System.Runtime.InteropServices;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// The CRC-32C of every data block on media, in pages of their own: the blocks of a device are numbered through all its zones, and 4080 follow each other in a
/// page. Pages are read when they are needed and dropped when clean. Everything that is not async wants the state lock.
/// </summary>
internal sealed class BlockChecksums : IDisposable
{
    public const int PerPage = (PageFormat.Size - PageFormat.HeaderSize) / sizeof(uint);

    /// <summary>Clean pages kept in memory: each covers 16 MiB of data.</summary>
    private const int ResidentMax = 1024;

    private readonly VolumeState _state;
    private readonly uint[] _devicePage;
    private readonly Dictionary<uint, nint> _resident = [];
    private readonly HashSet<uint> _dirty = [];

    public BlockChecksums(VolumeState state)
    {
        _state = state;
        _devicePage = new uint[state.Zones.Length];
        for (var device = 0; device < state.Zones.Length; device++)
        {
            _devicePage[device] = PageCount;
            var blocks = (ulong)state.Zones[device].CapacityBlocks * (ulong)state.Zones[device].Count;
            PageCount = checked(PageCount + (uint)((blocks + PerPage - 1) / PerPage));
        }
        Table = new PageTable(PageKind.ChecksumTable);
    }

    public PageTable Table { get; }
    public uint PageCount { get; }

    /// <summary>Records checksums of appended blocks; false when a page must be loaded first (<see cref="LoadAsync"/>), then nothing was changed.</summary>
    public bool TrySet(Location at, ReadOnlySpan<uint> checksums)
    {
        if (!AreResident(at, checksums.Length, create: true)) return false;
        for (var done = 0; done < checksums.Length;)
        {
            var page = PageOf(at, (uint)done, out var index);
            var count = Math.Min(PerPage - index, checksums.Length - done);
            checksums.Slice(done, count).CopyTo(Values(page)[index..]);
            _dirty.Add(page);
            done += count;
        }
        return true;
    }

    /// <summary>The recorded checksums of blocks; false when a page must be loaded first.</summary>
    public bool TryGet(Location at, Span<uint> checksums)
    {
        if (!AreResident(at, checksums.Length, create: false)) return false;
        for (var done = 0; done < checksums.Length;)
        {
            var page = PageOf(at, (uint)done, out var index);
            var count = Math.Min(PerPage - index, checksums.Length - done);
            if (_resident.ContainsKey(page)) Values(page).Slice(index, count).CopyTo(checksums[done..]);
            else checksums.Slice(done, count).Clear();
            done += count;
        }
        return true;
    }

    /// <summary>Reads the pages that cover the blocks from media. Throws <see cref="DeviceException"/>; a damaged page is one, too.</summary>
    public async ValueTask LoadAsync(Location at, int count)
    {
        var last = PageOf(at, (uint)count - 1, out _);
        for (var page = PageOf(at, 0, out _); page <= last; page++) await LoadPageAsync(page);
    }

    /// <summary>Makes the page part of the next checkpoint, so that its old place is needed no more.</summary>
    public async ValueTask RewriteAsync(uint page)
    {
        await LoadPageAsync(page);
        lock (_state.Gate)
            if (_resident.ContainsKey(page)) _dirty.Add(page);
    }

    private async ValueTask LoadPageAsync(uint page)
    {
        PageAddress address;
        lock (_state.Gate)
        {
            if (_resident.ContainsKey(page)) return;
            address = Table.Get(page);
            if (address.IsNone) return;
            // A checkpoint may write the page elsewhere meanwhile; its old zone must not be reset under this read.
            _state.Zones[0][(int)address.Zone].Pins++;
        }
        using var image = new AlignedMemory(PageFormat.Size);
        var from = new ZoneAddress(new ZoneId((int)address.Zone), (long)address.Block * DeviceZones.BlockSize);
        try
        {
            await _state.Zones[0].Device.ReadAsync(from, image.Memory, CancellationToken.None);
        }
        finally
        {
            _state.Unpin(new Location(0, (int)address.Zone, address.Block));
        }
        if (!PageFormat.TryCheck(image.GetSpan(), PageKind.Checksum, page, out var problem))
            throw new DeviceException(Errno.EIO, $"Checksum page {page} at {from} is damaged: {problem}");
        lock (_state.Gate)
        {
            if (_resident.ContainsKey(page)) return;
            Add(page);
            image.GetSpan()[PageFormat.HeaderSize..].CopyTo(MemoryMarshal.AsBytes(Values(page)));
        }
    }

    private bool AreResident(Location at, int count, bool create)
    {
        var last = PageOf(at, (uint)count - 1, out _);
        for (var page = PageOf(at, 0, out _); page <= last; page++)
        {
            if (_resident.ContainsKey(page)) continue;
            if (!Table.Get(page).IsNone) return false;
            if (create) Add(page);
        }
        return true;
    }

    private unsafe void Add(uint page)
    {
        var values = NativeMemory.AllocZeroed(PerPage, sizeof(uint));
        _resident[page] = (nint)values;
    }

    private uint PageOf(Location at, uint plus, out int index)
    {
        var block = at.Block + plus;
        Invariant.Holds(block < _state.Zones[at.Device].CapacityBlocks, "a block lies inside its zone");
        var number = (ulong)at.Zone * _state.Zones[at.Device].CapacityBlocks + block;
        index = (int)(number % PerPage);
        return _devicePage[at.Device] + (uint)(number / PerPage);
    }

    private unsafe Span<uint> Values(uint page) => new((void*)_resident[page], PerPage);

    public int DirtyCount => _dirty.Count;

    public void CollectDirty(List<uint> pages)
    {
        pages.AddRange(_dirty);
        pages.Sort();
    }

    /// <summary>Copies a page with its header, and calls it clean.</summary>
    public void Seal(uint page, ulong generation, Span<byte> into)
    {
        into[..PageFormat.HeaderSize].Clear(); // nothing that happened to be in memory goes to media
        MemoryMarshal.AsBytes(Values(page)).CopyTo(into[PageFormat.HeaderSize..]);
        PageFormat.Seal(into, PageKind.Checksum, page, generation);
        _dirty.Remove(page);
    }

    /// <summary>Drops clean pages beyond what may stay.</summary>
    public unsafe void EvictClean()
    {
        lock (_state.Gate)
        {
            if (_resident.Count <= ResidentMax) return;
            foreach (var page in _resident.Keys.Where(page => !_dirty.Contains(page)).Take(_resident.Count - ResidentMax).ToArray())
            {
                NativeMemory.Free((void*)_resident[page]);
                _resident.Remove(page);
            }
        }
    }

    public unsafe void Dispose()
    {
        foreach (var values in _resident.Values) NativeMemory.Free((void*)values);
        _resident.Clear();
        Table.Dispose();
    }
}
