using ZoneTierFS.Linux;

namespace ZoneTierFS.Devices;

/// <summary>
/// Zones in native memory, taken from the system as they are written and given back by a reset. Nothing outlives the device, so a flush has nothing to do.
/// </summary>
public sealed class MemoryZonedDevice : VirtualZonedDevice
{
    private readonly ReservedMemory _memory;

    /// <exception cref="DeviceException">EINVAL: no device can have this geometry.</exception>
    public MemoryZonedDevice(ZonedGeometry geometry)
        : base(new ZoneTable(geometry, groupSize: GeometryRules.ZoneCountMax), readOnly: false) =>
        _memory = new ReservedMemory(geometry.ZoneCount * geometry.ZoneCapacity);

    private protected override void ReadMedium(ZoneId zone, long offset, Span<byte> into) => _memory.Slice(Position(zone, offset), into.Length).CopyTo(into);

    private protected override void WriteMedium(ZoneId zone, long offset, ReadOnlySpan<byte> data) =>
        data.CopyTo(_memory.Slice(Position(zone, offset), data.Length));

    private protected override void DiscardMedium(ZoneId zone, long offset) =>
        _memory.Discard(Position(zone, offset), Geometry.ZoneCapacity - offset);

    private protected override void Flush()
    {
    }

    private protected override void Close() => _memory.Dispose();

    private long Position(ZoneId zone, long offset) => zone.Index * Geometry.ZoneCapacity + offset;
}
