using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>Zones in memory in which blocks of zeros take none: a volume of any size, as long as what its files hold is zeros.</summary>
internal sealed class SparseMemoryDevice : VirtualZonedDevice
{
    private readonly ReservedMemory _memory;

    public SparseMemoryDevice(ZonedGeometry geometry)
        : base(new ZoneTable(geometry, groupSize: GeometryRules.ZoneCountMax), readOnly: false) =>
        _memory = new ReservedMemory(geometry.ZoneCount * geometry.ZoneCapacity);

    private protected override void ReadMedium(ZoneId zone, long offset, Span<byte> into) => _memory.Slice(Position(zone, offset), into.Length).CopyTo(into);

    private protected override void WriteMedium(ZoneId zone, long offset, ReadOnlySpan<byte> data)
    {
        for (int done = 0; done < data.Length; done += Geometry.BlockSize)
        {
            ReadOnlySpan<byte> block = data.Slice(done, Geometry.BlockSize);
            // Above a zone's pointer there are zeros already: a zone is discarded before it is written again.
            if (block.ContainsAnyExcept((byte)0))
                block.CopyTo(_memory.Slice(Position(zone, offset + done), block.Length));
        }
    }

    private protected override void DiscardMedium(ZoneId zone, long offset) => _memory.Discard(Position(zone, offset), Geometry.ZoneCapacity - offset);

    private protected override void Flush()
    {
    }

    private protected override void Close() => _memory.Dispose();

    private long Position(ZoneId zone, long offset) => zone.Index * Geometry.ZoneCapacity + offset;
}
