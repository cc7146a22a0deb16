using Microsoft.Extensions.Logging;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Devices;

/// <summary>
/// Virtual zones in one sparse image file. The image says itself what its geometry is; only one process can have it open for writing.
/// README.md specifies the image's bytes.
/// </summary>
public sealed class RegionZonedDevice : VirtualZonedDevice
{
    /// <summary>Bytes that an open zone takes from the host filesystem ahead of its pointer.</summary>
    private const long ReserveAhead = 16 << 20;

    /// <summary>Zeros written ahead of a zone that is appended to in small pieces, each flushed.</summary>
    private const int ZeroAhead = 1 << 20;

    /// <summary>The longest append that counts as a small piece.</summary>
    private const int SmallAppendMax = 256 << 10;

    private readonly RegionFile _file;
    private readonly RegionHeader _header;
    private readonly ZoneTableStore _store;
    /// <summary>Per zone, up to where its room is known to be taken. Only the zone's one append in flight touches it.</summary>
    private readonly long[] _reserved;
    /// <summary>Per zone, up to where zeros were written ahead, and the number of flushes at its latest append. Under the same rule.</summary>
    private readonly (long ZeroedTo, long Flushes)[] _ahead;
    private readonly ReservedMemory _zeros = new(ZeroAhead);
    private long _flushes = 1;
    private readonly Lock _flushGate = new();
    /// <summary>The number of the latest change known to be durable.</summary>
    private long _durable;
    private bool _syncFailed;
    private bool _storeClosed;

    private RegionZonedDevice(RegionFile file, RegionHeader header, ZoneTableStore store, ZoneTable zones, bool readOnly) : base(zones, readOnly)
    {
        _file = file;
        _header = header;
        _store = store;
        _reserved = new long[header.Geometry.ZoneCount];
        _ahead = new (long, long)[header.Geometry.ZoneCount];
    }

    public Guid Uuid => _header.Uuid;

    /// <summary>Makes an image of empty zones at <paramref name="path"/> and opens it.</summary>
    /// <param name="overwrite">Whether whatever the file holds may be destroyed; a file in use never is.</param>
    /// <exception cref="DeviceException">
    /// EINVAL: impossible geometry. EEXIST: the file holds something. EBUSY: it is in use. Or what the filesystem said.
    /// </exception>
    public static Task<RegionZonedDevice> CreateAsync(string path, ZonedGeometry geometry, bool overwrite, ILogger logger)
    {
        RegionImage.Create(path, geometry, overwrite);
        return OpenAsync(path, readOnly: false, logger);
    }

    /// <param name="readOnly">Only reads: the file is never written to, and other readers may have it open as well.</param>
    /// <exception cref="DeviceException">
    /// EBUSY: in use. ENOENT: no such file. EINVAL: no image, or a newer one. EIO: damaged. Or what the filesystem said.
    /// </exception>
    public static Task<RegionZonedDevice> OpenAsync(string path, bool readOnly, ILogger logger)
    {
        var file = RegionFile.Open(path, readOnly, logger);
        ZoneTableStore? store = null;
        try
        {
            var header = RegionImage.ReadHeader(file.Native, path);
            store = new ZoneTableStore(file.Native, path, header);
            var zones = new ZoneTable(header.Geometry, ZoneTableStore.ZonesPerBlock, store.Load(logger));
            return Task.FromResult(new RegionZonedDevice(file, header, store, zones, readOnly));
        }
        catch (DeviceException)
        {
            store?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>Looks at what the path holds, without a lock and without changing anything.</summary>
    /// <exception cref="DeviceException">The file exists but cannot be read.</exception>
    public static RegionProbe Probe(string path) => RegionImage.Probe(path);

    private protected override void ReadMedium(ZoneId zone, long offset, Span<byte> into) => _file.Read(into, Position(zone, offset));

    private protected override void WriteMedium(ZoneId zone, long offset, ReadOnlySpan<byte> data)
    {
        var end = offset + data.Length;
        ref var reserved = ref _reserved[zone.Index];
        if (end > reserved)
        {
            reserved = Math.Min(end + ReserveAhead, Geometry.ZoneCapacity);
            _file.TryReserve(Position(zone, offset), reserved - offset);
        }
        _file.Write(data, Position(zone, offset));
        ZeroAheadOf(zone, end, data.Length <= SmallAppendMax);
    }

    /// <summary>
    /// Makes the flushes of small appends cheap. The first write into room that is only reserved changes the host filesystem's metadata, and the sync after
    /// it waits for a commit of the host's journal; once zeros are there, the sync waits for the medium alone. Only where flushes come between small
    /// appends, as it doubles what is written.
    /// </summary>
    private void ZeroAheadOf(ZoneId zone, long end, bool isSmall)
    {
        ref var ahead = ref _ahead[zone.Index];
        var flushes = Volatile.Read(ref _flushes);
        var isFlushedBetween = ahead.Flushes > 0 && ahead.Flushes != flushes;
        ahead.Flushes = flushes;
        var length = (int)Math.Min(ZeroAhead, Geometry.ZoneCapacity - end);
        if (!isSmall || !isFlushedBetween || end <= ahead.ZeroedTo || length == 0) return;
        // The bytes above the pointer are nobody's: a failure here is left for the append that needs the room.
        if (_file.Native.WriteAt(_zeros.Slice(0, length), Position(zone, end)) == Errno.Ok) ahead.ZeroedTo = end + length;
    }

    private protected override void DiscardMedium(ZoneId zone, long offset)
    {
        _reserved[zone.Index] = 0;
        _ahead[zone.Index] = default;
        _file.GiveBack(Position(zone, offset), Geometry.ZoneSize - offset);
    }

    /// <summary>
    /// One sync for the data and the table together. Callers that come while one is under way wait for it, and the next one then covers them all:
    /// a sync that began before a change says nothing about that change.
    /// </summary>
    private protected override void Flush()
    {
        var wanted = Zones.ChangeCount;
        if (Volatile.Read(ref _durable) >= wanted)
            return;
        lock (_flushGate)
        {
            if (_durable >= wanted)
                return;
            ObjectDisposedException.ThrowIf(_storeClosed, this);
            // After a failed sync the kernel may have dropped what it could not write, and would report success the next time: never believe that one.
            if (_syncFailed)
                throw new DeviceException(Errno.EIO, $"An earlier sync of '{_file.Path}' failed, so nothing can be promised durable until it is opened again.");
            var covered = Zones.ChangeCount;
            _file.ThrowIfFailed(_store.WriteChanged(Zones), "Writing the zone table of", _header.TableOffset);
            var error = _file.Native.SyncData();
            _syncFailed = error != Errno.Ok;
            _file.ThrowIfFailed(error, "Syncing", 0);
            _store.Confirm();
            Interlocked.Increment(ref _flushes);
            Volatile.Write(ref _durable, covered);
        }
    }

    private protected override void Close()
    {
        lock (_flushGate)
        {
            _storeClosed = true;
            _store.Dispose();
            _zeros.Dispose();
        }
        _file.Dispose();
    }

    private long Position(ZoneId zone, long offset) => _header.DataOffset + zone.Index * Geometry.ZoneSize + offset;
}
