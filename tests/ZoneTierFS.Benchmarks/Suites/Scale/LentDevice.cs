using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>A device lent to a volume, which closes what it is given: the medium stays, and the power can be cut.</summary>
internal sealed class LentDevice(IZonedDevice medium) : IZonedDevice
{
    private volatile bool _isOff;

    public ZonedGeometry Geometry => medium.Geometry;

    /// <summary>From here on nothing reaches the medium, and nothing comes from it.</summary>
    public void CutPower() => _isOff = true;

    public ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct) => Powered().ReportZonesAsync(ct);

    public ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct) => Powered().ReadAsync(from, into, ct);

    public ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct) => Powered().AppendAsync(zone, data, ct);

    public ValueTask FlushAsync(CancellationToken ct) => Powered().FlushAsync(ct);

    public ValueTask FinishAsync(ZoneId zone, CancellationToken ct) => Powered().FinishAsync(zone, ct);

    public ValueTask ResetAsync(ZoneId zone, CancellationToken ct) => Powered().ResetAsync(zone, ct);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private IZonedDevice Powered() => _isOff ? throw new DeviceException(Errno.EIO, "The power is off.") : medium;
}
