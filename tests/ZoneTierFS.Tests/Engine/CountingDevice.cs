using ZoneTierFS.Devices;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Counts how far a device's write pointers move: what it was really given, and what finishing zones wasted.</summary>
internal sealed class CountingDevice(IZonedDevice inner) : IZonedDevice
{
    private long _written;
    private long _resets;

    public ZonedGeometry Geometry => inner.Geometry;

    /// <summary>Bytes since the last <see cref="Restart"/>.</summary>
    public long Written => Volatile.Read(ref _written);

    public long Resets => Volatile.Read(ref _resets);

    public void Restart() => (_written, _resets) = (0, 0);

    public ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct) => inner.ReportZonesAsync(ct);

    public ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct) => inner.ReadAsync(from, into, ct);

    public async ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        var at = await inner.AppendAsync(zone, data, ct);
        Interlocked.Add(ref _written, data.Length);
        return at;
    }

    public ValueTask FlushAsync(CancellationToken ct) => inner.FlushAsync(ct);

    public async ValueTask FinishAsync(ZoneId zone, CancellationToken ct)
    {
        var before = (await inner.ReportZonesAsync(ct))[zone.Index].WritePointer;
        await inner.FinishAsync(zone, ct);
        Interlocked.Add(ref _written, inner.Geometry.ZoneCapacity - before);
    }

    public async ValueTask ResetAsync(ZoneId zone, CancellationToken ct)
    {
        await inner.ResetAsync(zone, ct);
        Interlocked.Increment(ref _resets);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
