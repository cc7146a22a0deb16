using ZoneTierFS.Devices;

namespace ZoneTierFS.Tests.Engine;

/// <summary>A device that outlives the volume which closes it, so that a test can open the same media again.</summary>
internal sealed class KeptDevice(IZonedDevice inner) : IZonedDevice
{
    public IZonedDevice Inner => inner;
    public ZonedGeometry Geometry => inner.Geometry;
    public ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct) => inner.ReportZonesAsync(ct);
    public ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct) => inner.ReadAsync(from, into, ct);
    public ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct) => inner.AppendAsync(zone, data, ct);
    public ValueTask FlushAsync(CancellationToken ct) => inner.FlushAsync(ct);
    public ValueTask FinishAsync(ZoneId zone, CancellationToken ct) => inner.FinishAsync(zone, ct);
    public ValueTask ResetAsync(ZoneId zone, CancellationToken ct) => inner.ResetAsync(zone, ct);
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
