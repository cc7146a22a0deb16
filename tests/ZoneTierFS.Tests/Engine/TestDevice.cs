using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>
/// A device that outlives the volume which closes it, so that a test can open the same media again, and that loses power, rots and fails when it is told to.
/// </summary>
internal sealed class TestDevice(IZonedDevice inner) : IZonedDevice
{
    private int _changes;
    private volatile bool _isOff;

    public IZonedDevice Inner => inner;

    /// <summary>What the device says of itself; null for the truth.</summary>
    public ZonedGeometry? PretendedGeometry { get; set; }

    /// <summary>Appends, finishes and resets so far: what does not change here left the medium as it was.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>True for blocks (by zone and byte offset) whose bytes are read back changed.</summary>
    public Func<ZoneAddress, bool>? Rots { get; set; }

    /// <summary>Changes the bytes of a block (by zone and byte offset) on their way from the medium.</summary>
    public SpoilBlock? Spoils { get; set; }

    /// <summary>True for reads that fail, by their first byte.</summary>
    public Func<ZoneAddress, bool>? FailsRead { get; set; }

    /// <summary>The error with which an append to a zone fails before anything is written, or Ok.</summary>
    public Func<ZoneId, Errno>? FailsAppend { get; set; }

    public Func<bool>? FailsFlush { get; set; }

    /// <summary>Appends wait for this task when there is one.</summary>
    public Task? AppendGate { get; set; }

    /// <summary>Called when an append begins to wait.</summary>
    public Action? Awaited { get; set; }

    public ZonedGeometry Geometry => PretendedGeometry ?? inner.Geometry;

    /// <summary>Off: nothing reaches the medium any more, whatever the volume still tries.</summary>
    public void SetPower(bool on) => _isOff = !on;

    /// <summary>The device works, but what rotted stays rotten.</summary>
    public void Mend() => (FailsRead, FailsAppend, FailsFlush, AppendGate, Awaited) = (null, null, null, null, null);

    public ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct)
    {
        ThrowIfOff();
        return inner.ReportZonesAsync(ct);
    }

    public async ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct)
    {
        ThrowIfOff();
        if (FailsRead?.Invoke(from) == true) throw new DeviceException(Errno.EIO, $"the test fails the read at {from}");
        await inner.ReadAsync(from, into, ct);
        for (var at = 0; Spoils is { } spoil && at < into.Length; at += Geometry.BlockSize)
            spoil(new ZoneAddress(from.Zone, from.Offset + at), into.Span.Slice(at, Geometry.BlockSize));
        if (Rots is not { } rots) return;
        for (var at = 0; at < into.Length; at += Geometry.BlockSize)
            if (rots(new ZoneAddress(from.Zone, from.Offset + at))) into.Span[at + 100] ^= 0x5A;
    }

    public async ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        if (AppendGate is { } gate)
        {
            Awaited?.Invoke();
            await gate;
        }
        ThrowIfOff();
        if (FailsAppend?.Invoke(zone) is { } error and not Errno.Ok) throw new DeviceException(error, $"the test fails the append to {zone}");
        Interlocked.Increment(ref _changes);
        return await inner.AppendAsync(zone, data, ct);
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
        Interlocked.Increment(ref _changes);
        return inner.FinishAsync(zone, ct);
    }

    public ValueTask ResetAsync(ZoneId zone, CancellationToken ct)
    {
        ThrowIfOff();
        Interlocked.Increment(ref _changes);
        return inner.ResetAsync(zone, ct);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>What <see cref="Spoils"/> does to one block.</summary>
    internal delegate void SpoilBlock(ZoneAddress block, Span<byte> bytes);

    private void ThrowIfOff()
    {
        LockOrder.RequireNoInnermost("while a device works");
        if (_isOff) throw new DeviceException(Errno.EIO, "the power is off");
    }
}
