using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Concurrency;

namespace ZoneTierFS.Simulation.Stress;

/// <summary>
/// Memory that outlives the volume that closes it. Each third request goes on on another thread, as with a device that takes its time, so that what
/// follows meets what others do meanwhile.
/// </summary>
/// <param name="stallAfter">Requests after so many never end; 0: all do.</param>
internal sealed class StressDevice(IZonedDevice inner, int stallAfter) : IZonedDevice
{
    private readonly TaskCompletionSource _never = new();
    private int _requests;

    public ZonedGeometry Geometry => inner.Geometry;

    public async ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct)
    {
        await BeginAsync();
        return await inner.ReportZonesAsync(ct);
    }

    public async ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct)
    {
        await BeginAsync();
        await inner.ReadAsync(from, into, ct);
    }

    public async ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        await BeginAsync();
        return await inner.AppendAsync(zone, data, ct);
    }

    public async ValueTask FlushAsync(CancellationToken ct)
    {
        await BeginAsync();
        await inner.FlushAsync(ct);
    }

    public async ValueTask FinishAsync(ZoneId zone, CancellationToken ct)
    {
        await BeginAsync();
        await inner.FinishAsync(zone, ct);
    }

    public async ValueTask ResetAsync(ZoneId zone, CancellationToken ct)
    {
        await BeginAsync();
        await inner.ResetAsync(zone, ct);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask BeginAsync()
    {
        LockOrder.RequireNoInnermost("while a device works");
        int request = Interlocked.Increment(ref _requests);
        if (stallAfter > 0 && request > stallAfter)
        {
            await _never.Task;
        }
        if (request % 3 == 0)
        {
            await Task.Yield();
        }
    }
}
