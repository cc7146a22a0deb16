using ZoneTierFS.Devices;

namespace ZoneTierFS.Fuzz;

/// <summary>A device in memory that outlives the volume which closes it, so that the volume can be opened again.</summary>
internal sealed class KeptDevice(MemoryZonedDevice inner) : IZonedDevice
{
    public ZonedGeometry Geometry => inner.Geometry;

    public ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct) => inner.ReportZonesAsync(ct);

    public ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct) => inner.ReadAsync(from, into, ct);

    public ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct) => inner.AppendAsync(zone, data, ct);

    public ValueTask FlushAsync(CancellationToken ct) => inner.FlushAsync(ct);

    public ValueTask FinishAsync(ZoneId zone, CancellationToken ct) => inner.FinishAsync(zone, ct);

    public ValueTask ResetAsync(ZoneId zone, CancellationToken ct) => inner.ResetAsync(zone, ct);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Gives the memory back.</summary>
    public ValueTask DiscardAsync() => inner.DisposeAsync();
}
