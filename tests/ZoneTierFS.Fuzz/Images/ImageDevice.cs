using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>
/// A device whose copies cost next to nothing, because they share all blocks. It outlives the volume that closes it. All calls complete at once, on the
/// caller's thread.
/// </summary>
internal sealed class ImageDevice : IZonedDevice
{
    public const int BlockSize = 4096;

    private ImageDevice(ZonedGeometry geometry, ImageZone[] zones)
    {
        Geometry = geometry;
        Zones = zones;
    }

    public ImageDevice(ZonedGeometry geometry)
        : this(geometry, [.. Enumerable.Range(0, geometry.ZoneCount).Select(_ => new ImageZone((int)(geometry.ZoneCapacity / BlockSize)))])
    {
    }

    public ZonedGeometry Geometry { get; }

    public ImageZone[] Zones { get; }

    /// <summary>Nothing may change any more: a volume that is only read must leave its devices alone.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>The power is off: whatever is asked for fails.</summary>
    public bool IsOff { get; set; }

    public ImageDevice Copy() => new(Geometry, [.. Zones.Select(zone => zone.Copy())]);

    public ValueTask<IReadOnlyList<ZoneReport>> ReportZonesAsync(CancellationToken ct)
    {
        Demand(!IsOff, "the power is off");
        return new(Enumerable.Range(0, Zones.Length).Select(Report).ToArray());
    }

    public ValueTask ReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct)
    {
        var zone = ZoneOf(from.Zone);
        Demand(from.Offset >= 0 && from.Offset % BlockSize == 0 && into.Length % BlockSize == 0, $"{into.Length} bytes at {from} are no blocks");
        Demand(into.Length <= Geometry.ZoneCapacity - from.Offset, $"a read of {into.Length} bytes at {from} leaves the zone");
        for (var at = 0; at < into.Length; at += BlockSize)
        {
            var block = (int)((from.Offset + at) / BlockSize);
            var target = into.Span.Slice(at, BlockSize);
            if (block < zone.Written && zone.Blocks[block] is { } bytes)
                bytes.CopyTo(target);
            else
                target.Clear();
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask<ZoneAddress> AppendAsync(ZoneId zone, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        var target = ForChange(zone);
        var count = data.Length / BlockSize;
        Demand(count > 0 && data.Length % BlockSize == 0 && data.Length <= Geometry.AppendBytesMax, $"an append of {data.Length} bytes is not possible");
        Demand(!target.IsFull && count <= target.Blocks.Length - target.Written, $"{count} blocks do not fit into {zone}");
        var at = new ZoneAddress(zone, (long)target.Written * BlockSize);
        for (var i = 0; i < count; i++)
            target.Blocks[target.Written++] = data.Slice(i * BlockSize, BlockSize).ToArray();
        return new(at);
    }

    public ValueTask FlushAsync(CancellationToken ct)
    {
        Demand(!IsOff, "the power is off");
        return ValueTask.CompletedTask;
    }

    public ValueTask FinishAsync(ZoneId zone, CancellationToken ct)
    {
        ForChange(zone).IsFinished = true;
        return ValueTask.CompletedTask;
    }

    public ValueTask ResetAsync(ZoneId zone, CancellationToken ct)
    {
        var target = ForChange(zone);
        Array.Clear(target.Blocks);
        (target.Written, target.IsFinished) = (0, false);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void Demand(bool holds, string otherwise)
    {
        if (!holds)
            throw new DeviceException(Errno.EIO, otherwise);
    }

    private ZoneReport Report(int index)
    {
        var zone = Zones[index];
        var condition = zone.IsFull ? ZoneCondition.Full : zone.Written > 0 ? ZoneCondition.Closed : ZoneCondition.Empty;
        var pointer = zone.IsFull ? Geometry.ZoneCapacity : (long)zone.Written * BlockSize;
        return new ZoneReport(new ZoneId(index), condition, pointer, Geometry.ZoneCapacity, 0);
    }

    private ImageZone ZoneOf(ZoneId zone)
    {
        Demand(!IsOff, "the power is off");
        Demand((uint)zone.Index < (uint)Zones.Length, $"there is no {zone}");
        return Zones[zone.Index];
    }

    private ImageZone ForChange(ZoneId zone)
    {
        if (IsFrozen)
            throw new FuzzFailure($"{zone} was changed although the volume is only read");
        return ZoneOf(zone);
    }
}
