using ZoneTierFS.Linux;

namespace ZoneTierFS.Devices;

/// <summary>Stands for a device that is not there: everything asked of it fails with ENODEV.</summary>
/// <param name="geometry">What the device looked like, as far as is known.</param>
/// <param name="why">Why it is not there, for messages.</param>
public sealed class AbsentZonedDevice(ZonedGeometry geometry, string why) : IZonedDevice
{
    public ZonedGeometry Geometry => geometry;

    public ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct) => ValueTask.FromException<IReadOnlyList<ZoneReport>>(Absent());

    public ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct) => ValueTask.FromException(Absent());

    public ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct) => ValueTask.FromException<ZoneAddress>(Absent());

    public ValueTask FlushAsync(CancellationToken ct) => ValueTask.FromException(Absent());

    public ValueTask FinishAsync(ZoneId zone, CancellationToken ct) => ValueTask.FromException(Absent());

    public ValueTask ResetAsync(ZoneId zone, CancellationToken ct) => ValueTask.FromException(Absent());

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private DeviceException Absent() => new(Errno.ENODEV, $"The device is missing: {why}");
}
