using System.Collections.Concurrent;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>
/// A device that outlives the volume which closes it, so that a test can open the same media again, and that loses power, rots, fails and vanishes when it is
/// told to.
/// </summary>
internal sealed class TestDevice(IZonedDevice inner) : IZonedDevice
{
    private readonly ConcurrentDictionary<int, ZoneCondition> _turned = new();
    private readonly ConcurrentDictionary<ZoneAddress, byte[]> _hit = new();
    private int _changes;
    private volatile bool _isOff;
    private volatile bool _isGone;

    public IZonedDevice Inner => inner;

    /// <summary>What the device says of itself; null for the truth.</summary>
    public ZonedGeometry? PretendedGeometry { get; set; }

    /// <summary>Appends, finishes and resets so far: what does not change here left the medium as it was.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>True for blocks (by zone and byte offset) whose bytes are read back changed.</summary>
    public Func<ZoneAddress, bool>? Rots { get; set; }

    /// <summary>Changes the bytes of a block (by zone and byte offset) on their way from the medium.</summary>
    public SpoilBlock? Spoils { get; set; }

    /// <summary>True for blocks (by zone and byte offset) with which a read fails.</summary>
    public Func<ZoneAddress, bool>? FailsRead { get; set; }

    /// <summary>The error with which an append to a zone fails before anything is written, or Ok.</summary>
    public Func<ZoneId, Errno>? FailsAppend { get; set; }

    /// <summary>True for appends (by zone and byte offset) that are acknowledged and never reach the medium: zeros are there.</summary>
    public Func<ZoneAddress, bool>? LosesWrite { get; set; }

    /// <summary>Where the bytes of an append (by zone and byte offset) go instead, over what is there; null for where they belong.</summary>
    public Func<ZoneAddress, ZoneAddress?>? Misdirects { get; set; }

    public Func<bool>? FailsFlush { get; set; }

    /// <summary>Appends wait for this task when there is one.</summary>
    public Task? AppendGate { get; set; }

    /// <summary>Called when an append begins to wait.</summary>
    public Action? Awaited { get; set; }

    public ZonedGeometry Geometry => PretendedGeometry ?? inner.Geometry;

    /// <summary>Off: nothing reaches the medium any more, whatever the volume still tries.</summary>
    public void SetPower(bool on) => _isOff = !on;

    /// <summary>The device is gone, or is back: every call fails as those to a device that was pulled out.</summary>
    public void SetGone(bool gone) => _isGone = gone;

    /// <summary>A zone becomes read-only or offline, and says so when it is asked.</summary>
    public void Turn(int zone, ZoneCondition condition) => _turned[zone] = condition;

    /// <summary>The device works, but what rotted stays rotten, and zones that turned stay so.</summary>
    public void Mend() =>
        (FailsRead, FailsAppend, FailsFlush, AppendGate, Awaited, LosesWrite, Misdirects) = (null, null, null, null, null, null, null);

    public async ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct)
    {
        ThrowIfOff();
        var reports = await inner.ReportZonesAsync(ct);
        return [.. reports.Select(Turned)];

        ZoneReport Turned(ZoneReport report) =>
            _turned.TryGetValue(report.Zone.Index, out var condition) ? report with { Condition = condition, WritePointer = 0 } : report;
    }

    public async ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct)
    {
        ThrowIfOff();
        if (IsTurned(from.Zone, ZoneCondition.Offline)) throw new DeviceException(Errno.EIO, $"{from.Zone} is offline");
        for (var at = 0; FailsRead is { } fails && at < into.Length; at += Geometry.BlockSize)
            if (fails(new ZoneAddress(from.Zone, from.Offset + at))) throw new DeviceException(Errno.EIO, $"the test fails the read at {from}");
        await inner.ReadAsync(from, into, ct);
        for (var at = 0; at < into.Length; at += Geometry.BlockSize)
            Change(new ZoneAddress(from.Zone, from.Offset + at), into.Span.Slice(at, Geometry.BlockSize));
    }

    private void Change(ZoneAddress block, Span<byte> bytes)
    {
        if (_hit.TryGetValue(block, out var hit)) hit.CopyTo(bytes);
        Spoils?.Invoke(block, bytes);
        if (Rots?.Invoke(block) == true) bytes[100] ^= 0x5A;
    }

    public async ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        if (AppendGate is { } gate)
        {
            Awaited?.Invoke();
            await gate;
        }
        ThrowIfOff();
        ThrowIfTurned(zone);
        if (FailsAppend?.Invoke(zone) is { } error and not Errno.Ok) throw new DeviceException(error, $"the test fails the append to {zone}");
        Interlocked.Increment(ref _changes);
        if (LosesWrite is null && Misdirects is null) return await inner.AppendAsync(zone, data, ct);
        var at = new ZoneAddress(zone, (await inner.ReportZonesAsync(ct))[zone.Index].WritePointer);
        var elsewhere = Misdirects?.Invoke(at);
        if (elsewhere is { } hit)
            for (var i = 0; i < data.Length; i += Geometry.BlockSize)
                _hit[hit with { Offset = hit.Offset + i }] = data.Slice(i, Geometry.BlockSize).ToArray();
        return await inner.AppendAsync(zone, elsewhere is not null || LosesWrite?.Invoke(at) == true ? new byte[data.Length] : data, ct);
    }

    public ValueTask FlushAsync(CancellationToken ct)
    {
        ThrowIfOff();
        if (FailsFlush?.Invoke() == true) throw new DeviceException(Errno.EIO, "the test fails the flush");
        return inner.FlushAsync(ct);
    }

    public ValueTask FinishAsync(ZoneId zone, CancellationToken ct)
    {
        ThrowIfOff();
        ThrowIfTurned(zone);
        Interlocked.Increment(ref _changes);
        return inner.FinishAsync(zone, ct);
    }

    public ValueTask ResetAsync(ZoneId zone, CancellationToken ct)
    {
        ThrowIfOff();
        ThrowIfTurned(zone);
        Interlocked.Increment(ref _changes);
        foreach (var hit in _hit.Keys.Where(block => block.Zone == zone)) _hit.TryRemove(hit, out _);
        return inner.ResetAsync(zone, ct);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>What <see cref="Spoils"/> does to one block.</summary>
    internal delegate void SpoilBlock(ZoneAddress block, Span<byte> bytes);

    private bool IsTurned(ZoneId zone, ZoneCondition condition) => _turned.TryGetValue(zone.Index, out var turned) && turned == condition;

    private void ThrowIfTurned(ZoneId zone)
    {
        if (_turned.TryGetValue(zone.Index, out var condition)) throw new DeviceException(Errno.EIO, $"{zone} is {condition}");
    }

    private void ThrowIfOff()
    {
        LockOrder.RequireNoInnermost("while a device works");
        if (_isOff) throw new DeviceException(Errno.EIO, "the power is off");
        if (_isGone) throw new DeviceException(Errno.EIO, "the device is gone");
    }
}
