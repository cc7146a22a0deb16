using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>A medium after a power cut, to be looked at and not changed: every answer comes at once, and a write is a mistake.</summary>
internal sealed class SettledDevice(FaultyMedium medium) : IZonedDevice
{
    /// <summary>Blocks, by zone and number, that give EIO.</summary>
    public Func<int, long, bool>? IsUnreadable { get; init; }

    public ZonedGeometry Geometry => medium.Geometry;

    public ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct)
    {
        var reports = new ZoneReport[medium.Zones.Length];
        for (int i = 0; i < reports.Length; i++)
        {
            ZoneState state = medium.Zones[i].Durable;
            bool full = state.IsFull(Geometry.ZoneCapacity);
            ZoneCondition condition = state.IsEmpty ? ZoneCondition.Empty : full ? ZoneCondition.Full : ZoneCondition.Closed;
            reports[i] = new ZoneReport(new ZoneId(i), condition, full ? Geometry.ZoneCapacity : state.Written, Geometry.ZoneCapacity, state.Epoch);
        }

        return new(reports);
    }

    public ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct)
    {
        ZoneState state = medium.Zones[from.Zone.Index].Durable;
        for (long at = from.Offset; IsUnreadable is not null && at < from.Offset + into.Length; at += Geometry.BlockSize)
        {
            if (IsUnreadable(from.Zone.Index, at / Geometry.BlockSize))
            {
                throw new DeviceException(Errno.EIO, $"{from.Zone} + {at} cannot be read");
            }
        }

        int written = (int)Math.Clamp(state.Written - from.Offset, 0, into.Length);
        state.Image.Read(from.Offset, into.Span[..written]);
        into.Span[written..].Clear();
        return ValueTask.CompletedTask;
    }

    public ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct) => throw Refuse($"append to {zone}");

    public ValueTask FlushAsync(CancellationToken ct) => throw Refuse("flush");

    public ValueTask FinishAsync(ZoneId zone, CancellationToken ct) => throw Refuse($"finish of {zone}");

    public ValueTask ResetAsync(ZoneId zone, CancellationToken ct) => throw Refuse($"reset of {zone}");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static SimulationException Refuse(string what) => new($"{what} by a volume that was opened for reading only");
}
