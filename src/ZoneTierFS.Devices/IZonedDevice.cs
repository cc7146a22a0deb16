namespace ZoneTierFS.Devices;

/// <summary>
/// A device of zones: append at the write pointer, read below it, reset to empty. Failures are <see cref="DeviceException"/>.
/// A device that completes synchronously returns completed tasks and so costs its caller no thread hop.
/// </summary>
/// <remarks>
/// Durability: appended bytes, finishes and resets survive a power cut only once a <see cref="FlushAsync"/> that began after them has completed. After a
/// cut, a zone's pointer may be anywhere between its last flushed and its last appended position, and bytes above the flushed position may be anything.
/// A reset that was not flushed may leave the old pointer in place with its bytes gone, so only a zone whose content nobody needs may be reset.
/// Several calls may run at once, but at most one append, finish or reset per zone.
/// </remarks>
public interface IZonedDevice : IAsyncDisposable
{
    ZonedGeometry Geometry { get; }

    ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct);

    /// <summary>Reads whole blocks. Bytes at or above the write pointer read as zeros.</summary>
    /// <param name="from">Block-aligned position; the range must stay within the zone's capacity.</param>
    /// <param name="into">Block-multiple length. Memory aligned to 4096 bytes is read into directly, other memory through a bounce buffer.</param>
    ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct);

    /// <summary>Appends whole blocks at the zone's write pointer, opening the zone implicitly, and says where they landed.</summary>
    ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct);

    /// <summary>Makes everything appended, finished and reset before this call durable.</summary>
    ValueTask FlushAsync(CancellationToken ct);

    /// <summary>Makes the zone full; its unwritten rest reads as zeros.</summary>
    ValueTask FinishAsync(ZoneId zone, CancellationToken ct);

    /// <summary>Makes the zone empty and gives its space back to the medium.</summary>
    ValueTask ResetAsync(ZoneId zone, CancellationToken ct);
}
