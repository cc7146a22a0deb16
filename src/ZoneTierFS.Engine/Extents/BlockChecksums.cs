using System.Runtime.InteropServices;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Journal;
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
    }

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

    /// <summary>From the first copy that has it whole; the next checkpoint writes it anew where it is damaged.</summary>
    private async ValueTask LoadPageAsync(uint page)
    {
        using var image = new AlignedMemory(PageFormat.Size);
        string? problem = null;
        foreach (var copy in _state.Copies)
        {
            PageAddress address;
            lock (_state.Gate)
            {
                if (_resident.ContainsKey(page)) return;
                address = copy.Checksums.Get(page);
                if (address.IsNone) continue;
                // A checkpoint may write the page elsewhere meanwhile; its old zone must not be reset under this read.
                _state.Zones[copy.Device][(int)address.Zone].Pins++;
            }
            if (await TryReadAsync(copy, address, page, image) is { } damage)
            {
                StateLog.MetadataDamaged(_state.Log, copy.Number + 1, _state.Zones[copy.Device].Tier, damage);
                problem = damage;
                continue;
            }
            lock (_state.Gate)
            {
                if (_resident.ContainsKey(page)) return;
                Add(page);
                image.GetSpan()[PageFormat.HeaderSize..].CopyTo(MemoryMarshal.AsBytes(Values(page)));
                if (problem is not null) _dirty.Add(page);
            }
            return;
        }
        if (problem is not null) throw new DeviceException(Errno.EIO, problem);
    }

    private async ValueTask<string?> TryReadAsync(MetadataCopy copy, PageAddress at, uint page, AlignedMemory image)
    {
        var from = new ZoneAddress(new ZoneId((int)at.Zone), (long)at.Block * DeviceZones.BlockSize);
        try
        {
            await copy.Medium.ReadAsync(from, image.Memory, CancellationToken.None);
            return PageFormat.TryCheck(image.GetSpan(), PageKind.Checksum, page, out var problem) ? null
                : $"Checksum page {page} at {from} is damaged: {problem}";
        }
        catch (DeviceException failure)
        {
            return failure.Message;
        }
        finally
        {
            _state.Unpin(new Location(copy.Device, (int)at.Zone, at.Block));
        }
    }

    private bool AreResident(Location at, int count, bool create)
    {
        var last = PageOf(at, (uint)count - 1, out _);
        for (var page = PageOf(at, 0, out _); page <= last; page++)
        {
            if (_resident.ContainsKey(page)) continue;
            if (_state.Copies.Any(copy => !copy.Checksums.Get(page).IsNone)) return false;
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

    /// <summary>The dirty pages, in ascending order.</summary>
    public List<uint> CollectDirty()
    {
        var pages = _dirty.ToList();
        pages.Sort();
        return pages;
    }

    /// <summary>
    /// Copies a page out as it is now, header and checksum aside, and calls it clean. What came into it since a checkpoint began does no harm there: it is of
    /// blocks that nothing in that checkpoint names.
    /// </summary>
    public void Take(uint page, Span<byte> into)
    {
        into[..PageFormat.HeaderSize].Clear(); // nothing that happened to be in memory goes to media
        MemoryMarshal.AsBytes(Values(page)).CopyTo(into[PageFormat.HeaderSize..]);
        _dirty.Remove(page);
    }

    /// <summary>The page, which is in memory, is to be written by the next checkpoint.</summary>
    public void MarkDirty(uint page) => _dirty.Add(page);

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
    }
}
