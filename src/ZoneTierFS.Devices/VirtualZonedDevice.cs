using ZoneTierFS.Linux;

namespace ZoneTierFS.Devices;

/// <summary>
/// A device whose zones are kept by software: this class holds to the rules, its heirs move the bytes. All operations complete synchronously, on the
/// caller's thread, and reads and appends allocate nothing.
/// </summary>
public abstract class VirtualZonedDevice : IZonedDevice
{
    private readonly bool _readOnly;
    private volatile bool _closed;

    private protected VirtualZonedDevice(ZoneTable zones, bool readOnly)
    {
        Zones = zones;
        _readOnly = readOnly;
    }

    public ZonedGeometry Geometry => Zones.Geometry;

    private protected ZoneTable Zones { get; }

    public ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct)
    {
        ThrowIfClosed();
        return ct.IsCancellationRequested ? ValueTask.FromCanceled<IReadOnlyList<ZoneReport>>(ct) : new(Zones.Report());
    }

    public ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct)
    {
        ThrowIfClosed();
        if (ct.IsCancellationRequested)
            return ValueTask.FromCanceled(ct);
        try
        {
            Read(from, into.Span);
            return ValueTask.CompletedTask;
        }
        catch (DeviceException e)
        {
            return ValueTask.FromException(e);
        }
    }

    public ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        ThrowIfClosed();
        if (ct.IsCancellationRequested)
            return ValueTask.FromCanceled<ZoneAddress>(ct);
        try
        {
            return new(Append(zone, data.Span));
        }
        catch (DeviceException e)
        {
            return ValueTask.FromException<ZoneAddress>(e);
        }
    }

    public ValueTask FlushAsync(CancellationToken ct) => Run(static (device, _) => device.Flush(), default, ct);

    public ValueTask FinishAsync(ZoneId zone, CancellationToken ct) => Run(static (device, zone) => device.Finish(zone), zone, ct);

    public ValueTask ResetAsync(ZoneId zone, CancellationToken ct) => Run(static (device, zone) => device.Reset(zone), zone, ct);

    /// <summary>Closes the device without a flush: what no flush has made durable is left as after a power cut.</summary>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (!_closed)
        {
            _closed = true;
            Close();
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads bytes below the write pointer.</summary>
    private protected abstract void ReadMedium(ZoneId zone, long offset, Span<byte> into);

    /// <summary>Writes at the write pointer.</summary>
    private protected abstract void WriteMedium(ZoneId zone, long offset, ReadOnlySpan<byte> data);

    /// <summary>Gives the room between <paramref name="offset"/> and the zone's end back to the medium.</summary>
    private protected abstract void DiscardMedium(ZoneId zone, long offset);

    private protected abstract void Flush();

    private protected abstract void Close();

    private void Read(ZoneAddress from, Span<byte> into)
    {
        Zones.CheckZone(from.Zone);
        if (from.Offset % Geometry.BlockSize != 0 || into.Length % Geometry.BlockSize != 0)
            throw new DeviceException(Errno.EINVAL, $"Read of {into.Length} bytes at {from}: not in multiples of the block size {Geometry.BlockSize}.");
        if (from.Offset < 0 || into.Length > Geometry.ZoneCapacity - from.Offset)
            throw new DeviceException(Errno.EIO, $"Read of {into.Length} bytes at {from}: outside the zone's capacity of {Geometry.ZoneCapacity}.");
        // What the medium holds above the pointer is left from a lost append or an earlier epoch: it must never be seen.
        var written = (int)Math.Clamp(Zones.WrittenBytes(from.Zone) - from.Offset, 0, into.Length);
        if (written > 0)
            ReadMedium(from.Zone, from.Offset, into[..written]);
        into[written..].Clear();
    }

    private ZoneAddress Append(ZoneId zone, ReadOnlySpan<byte> data)
    {
        ThrowIfReadOnly();
        var offset = Zones.BeginAppend(zone, data.Length);
        var appended = 0;
        try
        {
            WriteMedium(zone, offset, data);
            appended = data.Length;
        }
        finally
        {
            Zones.EndAppend(zone, appended);
        }
        return new ZoneAddress(zone, offset);
    }

    private void Finish(ZoneId zone)
    {
        ThrowIfReadOnly();
        Zones.Claim(zone);
        var done = false;
        try
        {
            DiscardMedium(zone, Zones.WrittenBytes(zone));
            done = true;
        }
        finally
        {
            Zones.EndFinish(zone, done);
        }
    }

    private void Reset(ZoneId zone)
    {
        ThrowIfReadOnly();
        Zones.Claim(zone);
        var done = false;
        try
        {
            DiscardMedium(zone, 0);
            done = true;
        }
        finally
        {
            Zones.EndReset(zone, done);
        }
    }

    private ValueTask Run(Action<VirtualZonedDevice, ZoneId> operation, ZoneId zone, CancellationToken ct)
    {
        ThrowIfClosed();
        if (ct.IsCancellationRequested)
            return ValueTask.FromCanceled(ct);
        try
        {
            operation(this, zone);
            return ValueTask.CompletedTask;
        }
        catch (DeviceException e)
        {
            return ValueTask.FromException(e);
        }
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_closed, this);

    private void ThrowIfReadOnly()
    {
        if (_readOnly)
            throw new DeviceException(Errno.EROFS, "The device was opened for reading only.");
    }
}
