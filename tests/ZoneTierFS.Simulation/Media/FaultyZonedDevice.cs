using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>
/// A device over a <see cref="FaultyMedium"/> from one power-on to the next. It holds its caller to every rule of <see cref="IZonedDevice"/>: breaking
/// one fails the world, because on real flash it would be an error that the engine has no plan for.
/// </summary>
public sealed class FaultyZonedDevice : IZonedDevice
{
    private const int ChecksumsOnStack = 256;

    private readonly FaultyMedium _medium;
    private readonly SeededWorld _world;
    private readonly PowerSwitch _power;
    private readonly FaultKnobs _knobs;
    private readonly string _name;
    private readonly Dictionary<long, string> _inFlight = [];
    private long _nextOperation;
    private int _appendsSinceError = FaultKnobs.AppendsBetweenErrors;
    private bool _closed;

    public FaultyZonedDevice(string name, FaultyMedium medium, SeededWorld world, PowerSwitch power, FaultKnobs knobs)
    {
        ArgumentNullException.ThrowIfNull(medium);
        ArgumentNullException.ThrowIfNull(world);
        _name = name;
        _medium = medium;
        _world = world;
        _power = power;
        _knobs = knobs;
        world.DescribePending(() => $"{name}: {(_inFlight.Count == 0 ? "nothing in flight" : string.Join(", ", _inFlight.Values))}");
    }

    public ZonedGeometry Geometry => _medium.Geometry;

    public async ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct)
    {
        long id = await BeginAsync("report", ct);
        await MeanderAsync();
        var reports = new ZoneReport[_medium.Zones.Length];
        for (int i = 0; i < reports.Length; i++)
        {
            FaultyZone zone = _medium.Zones[i];
            zone.IsPointerUnknown = false;
            bool full = zone.Current.IsFull(Geometry.ZoneCapacity);
            ZoneCondition condition = zone.Current.IsEmpty ? ZoneCondition.Empty
                : full ? ZoneCondition.Full
                : zone.IsOpen ? ZoneCondition.ImplicitlyOpen : ZoneCondition.Closed;
            long pointer = full ? Geometry.ZoneCapacity : zone.Current.Written;
            reports[i] = new ZoneReport(new ZoneId(i), condition, pointer, Geometry.ZoneCapacity, _knobs.HidesEpochs ? 0 : zone.Current.Epoch);
        }

        End(id);
        return reports;
    }

    public async ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct)
    {
        FaultyZone zone = Find(from.Zone);
        Demand(from.Offset >= 0 && from.Offset % Geometry.BlockSize == 0, $"read at unaligned {from}");
        Demand(into.Length > 0 && into.Length % Geometry.BlockSize == 0, $"read of {into.Length} bytes, not whole blocks, at {from}");
        Demand(from.Offset + into.Length <= Geometry.ZoneCapacity, $"read of {into.Length} bytes at {from} goes beyond the capacity");
        Demand(zone.InFlight?.Kind != ZoneOperationKind.Reset, $"read at {from} while the zone is being reset");
        long id = await BeginAsync($"read {from} length {into.Length}", ct);
        zone.ReadsInFlight++;
        if (WillMeander())
        {
            // Whoever looks at the buffer before the read is done finds this instead of what was there.
            into.Span.Fill(0xDB);
            await WanderAsync();
        }

        Demand(zone.ReadsInFlight > 0, $"read at {from} outlived the zone");
        zone.ReadsInFlight--;
        ReadState(zone.Current, from.Offset, into.Span);
        End(id);
    }

    public async ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        FaultyZone target = Find(zone);
        ZoneState before = target.Current;
        Demand(data.Length > 0 && data.Length % Geometry.BlockSize == 0, $"append of {data.Length} bytes, not whole blocks, to {zone}");
        Demand(data.Length <= Geometry.AppendBytesMax, $"append of {data.Length} bytes to {zone}, more than the limit of {Geometry.AppendBytesMax}");
        DemandIdle(target, zone, "append");
        Demand(!target.IsPointerUnknown, $"append to {zone} after a failed append, without asking where its pointer is");
        Demand(!before.IsFull(Geometry.ZoneCapacity), $"append to {zone}, which is full");
        Demand(before.Written + data.Length <= Geometry.ZoneCapacity, $"append of {data.Length} bytes to {zone} + {before.Written} goes beyond the capacity");
        DemandLimits(before, zone);

        ct.ThrowIfCancellationRequested();
        bool reaches = _power.Count();
        bool fails = reaches && _appendsSinceError++ >= FaultKnobs.AppendsBetweenErrors && _world.Random.Chance(_knobs.AppendErrorChance);
        int length = fails ? _world.Random.Next((data.Length / Geometry.BlockSize) + 1) * Geometry.BlockSize : data.Length;
        if (reaches)
        {
            before.Image.Write(before.Written, data.Span[..length]);
            target.IsOpen = true;
            target.Begin(ZoneOperationKind.Append, before with { Written = before.Written + length });
            _medium.Version++;
        }

        // The bytes are part of the trace, so that those which differ from run to run are noticed.
        long id = await BeginCountedAsync($"append {zone} + {before.Written} length {data.Length} checksum {Checksum(data.Span):x8}");
        await MeanderAsync();
        Demand(before.Image.Holds(before.Written, data.Span[..length]), $"the data of an append to {zone} changed while it was in flight");
        Complete(target);
        End(id);
        if (fails)
        {
            target.IsPointerUnknown = true;
            _appendsSinceError = 0;
            _world.Trace.Record($"  {_name}: append {zone.Index} fails after {length} bytes");
            throw new DeviceException(Errno.EIO, $"injected: append to {zone} failed");
        }

        return new ZoneAddress(zone, before.Written);
    }

    public async ValueTask FlushAsync(CancellationToken ct)
    {
        _power.CountFlush();
        long id = await BeginAsync("flush", ct);
        long upTo = _medium.Completed;
        await MeanderAsync();
        if (!_knobs.FlushLies)
        {
            _medium.MakeDurable(upTo);
        }

        End(id);
    }

    public ValueTask FinishAsync(ZoneId zone, CancellationToken ct)
        => ChangeAsync(zone, ZoneOperationKind.Finish, state => state with { Finished = true }, ct);

    public async ValueTask ResetAsync(ZoneId zone, CancellationToken ct)
    {
        FaultyZone target = Find(zone);
        Demand(target.ReadsInFlight == 0, $"reset of {zone} while it is being read");
        await ChangeAsync(zone, ZoneOperationKind.Reset, state => new ZoneState(NewImage(state), 0, false, state.Epoch + 1), ct);
        target.IsOpen = false;
        target.IsPointerUnknown = false;
    }

    public ValueTask DisposeAsync()
    {
        _world.DemandInside($"{_name}'s close");
        Demand(_inFlight.Count == 0, $"closed with operations in flight: {string.Join(", ", _inFlight.Values)}");
        _closed = true;
        return ValueTask.CompletedTask;
    }

    private async ValueTask ChangeAsync(ZoneId zone, ZoneOperationKind kind, Func<ZoneState, ZoneState> change, CancellationToken ct)
    {
        FaultyZone target = Find(zone);
        DemandIdle(target, zone, kind == ZoneOperationKind.Reset ? "reset" : "finish");
        ct.ThrowIfCancellationRequested();
        if (_power.Count())
        {
            target.Begin(kind, change(target.Current));
            _medium.Version++;
        }

        long id = await BeginCountedAsync($"{kind} {zone}");
        await MeanderAsync();
        Complete(target);
        End(id);
    }

    /// <summary>Several blocks at a time, which is much faster than one checksum over all.</summary>
    private uint Checksum(ReadOnlySpan<byte> data)
    {
        Span<uint> blocks = data.Length <= ChecksumsOnStack * Geometry.BlockSize
            ? stackalloc uint[data.Length / Geometry.BlockSize]
            : new uint[data.Length / Geometry.BlockSize];
        Crc32C.ComputeBlocks(data, blocks);
        return Crc32C.Compute(MemoryMarshal.AsBytes(blocks));
    }

    private ZoneImage NewImage(ZoneState state)
    {
        state.Image.ForgetOlder();
        return new ZoneImage((int)Geometry.ZoneCapacity, state.Image);
    }

    private FaultyZone Find(ZoneId zone)
    {
        _world.DemandInside($"{_name}'s use");
        Demand(!_closed, $"used after it was closed");
        Demand(zone.Index >= 0 && zone.Index < _medium.Zones.Length, $"{zone} does not exist");
        return _medium.Zones[zone.Index];
    }

    private void DemandIdle(FaultyZone target, ZoneId zone, string what)
        => Demand(target.InFlight is null, $"{what} on {zone} while {target.InFlight?.Kind} is in flight there");

    private void DemandLimits(ZoneState before, ZoneId zone)
    {
        if (before.IsEmpty && Geometry.MaxActiveZones > 0)
        {
            int active = _medium.CountActive();
            Demand(active < Geometry.MaxActiveZones, $"append to empty {zone} with {active} zones active, of at most {Geometry.MaxActiveZones}");
        }

        if (Geometry.MaxOpenZones > 0)
        {
            int busy = _medium.Zones.Count(other => other.InFlight?.Kind == ZoneOperationKind.Append);
            Demand(busy < Geometry.MaxOpenZones, $"append to {zone} while {busy} other zones are being written, with at most {Geometry.MaxOpenZones} open");
        }
    }

    private ValueTask<long> BeginAsync(string what, CancellationToken ct)
    {
        _world.DemandInside($"{_name}'s use");
        Demand(!_closed, $"{what} after it was closed");
        ct.ThrowIfCancellationRequested();
        _power.Count();
        return BeginCountedAsync(what);
    }

    private async ValueTask<long> BeginCountedAsync(string what)
    {
        if (_power.IsCut)
        {
            await _power.WaitForeverAsync();
        }

        long id = _nextOperation++;
        _inFlight.Add(id, what);
        _world.Trace.Record($"  {_name} #{id}: {what}");
        _power.OnMoment?.Invoke();
        return id;
    }

    private void End(long id)
    {
        _inFlight.Remove(id);
        _power.OnMoment?.Invoke();
    }

    private void Complete(FaultyZone zone)
    {
        ZoneOperation operation = zone.InFlight ?? throw new SimulationException($"{_name}: an operation completed that had not begun");
        operation.CompletedAt = ++_medium.Completed;
        _medium.Version++;
        zone.Current = operation.After;
    }

    private bool WillMeander() => _world.Random.Chance(_knobs.YieldChance);

    private ValueTask MeanderAsync() => WillMeander() ? WanderAsync() : ValueTask.CompletedTask;

    private async ValueTask WanderAsync()
    {
        if (_world.Random.Chance(_knobs.DelayChance))
        {
            await _world.DelayAsync(TimeSpan.FromTicks(_world.Random.Between(1, _knobs.DelayMax.Ticks)));
        }

        for (int i = _world.Random.Next(3); i >= 0; i--)
        {
            await Task.Yield();
        }
    }

    private static void ReadState(ZoneState state, long offset, Span<byte> into)
    {
        int written = (int)Math.Clamp(state.Written - offset, 0, into.Length);
        state.Image.Read(offset, into[..written]);
        into[written..].Clear();
    }

    private void Demand(bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref ViolationMessage violation)
    {
        if (!condition)
        {
            var failure = new SimulationException($"{_name}: {violation.ToText()}");
            _world.Fail(failure);
            throw failure;
        }
    }
}
