using ZoneTierFS.Devices;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>Zones in memory in which chunks of zeros take none: a volume of any size, as long as what its files hold is zeros.</summary>
internal sealed unsafe class SparseMemoryDevice : VirtualZonedDevice
{
    private readonly nint[] _chunks;

    public SparseMemoryDevice(ZonedGeometry geometry)
        : base(new ZoneTable(geometry, groupSize: GeometryRules.ZoneCountMax), readOnly: false)
    {
        if (geometry.ZoneCapacity % MemoryChunks.Size != 0)
            throw new ArgumentException($"A zone of {geometry.ZoneCapacity} bytes is not made of whole chunks.", nameof(geometry));
        _chunks = new nint[geometry.ZoneCount * (geometry.ZoneCapacity / MemoryChunks.Size)];
    }

    private protected override void ReadMedium(ZoneId zone, long offset, Span<byte> into)
    {
        for (long at = Position(zone, offset); !into.IsEmpty;)
        {
            Span<byte> piece = into[..Math.Min(into.Length, Left(at))];
            if (Volatile.Read(ref _chunks[at / MemoryChunks.Size]) is var chunk and not 0) In(chunk, at, piece.Length).CopyTo(piece);
            else piece.Clear();
            at += piece.Length;
            into = into[piece.Length..];
        }
    }

    private protected override void WriteMedium(ZoneId zone, long offset, ReadOnlySpan<byte> data)
    {
        for (long at = Position(zone, offset); !data.IsEmpty;)
        {
            ReadOnlySpan<byte> piece = data[..Math.Min(data.Length, Left(at))];
            // Above a zone's pointer there are zeros already: a zone is discarded before it is written again.
            if (piece.ContainsAnyExcept((byte)0)) piece.CopyTo(In(ChunkAt(at), at, piece.Length));
            at += piece.Length;
            data = data[piece.Length..];
        }
    }

    private protected override void DiscardMedium(ZoneId zone, long offset)
    {
        long end = Position(zone, Geometry.ZoneCapacity);
        for (long at = Position(zone, offset); at < end; at += Left(at))
        {
            ref nint chunk = ref _chunks[at / MemoryChunks.Size];
            if (chunk == 0) continue;
            if (at % MemoryChunks.Size == 0)
            {
                MemoryChunks.Return(chunk);
                chunk = 0;
            }
            else
            {
                In(chunk, at, Left(at)).Clear();
            }
        }
    }

    private protected override void Flush()
    {
    }

    private protected override void Close()
    {
        for (int zone = 0; zone < Geometry.ZoneCount; zone++) DiscardMedium(new ZoneId(zone), 0);
    }

    /// <summary>One zone has one writer at a time, and a chunk belongs to one zone.</summary>
    private nint ChunkAt(long at)
    {
        ref nint chunk = ref _chunks[at / MemoryChunks.Size];
        if (chunk == 0) Volatile.Write(ref chunk, MemoryChunks.Take());
        return chunk;
    }

    private static Span<byte> In(nint chunk, long at, int length) => new((byte*)chunk + at % MemoryChunks.Size, length);

    /// <summary>Bytes to the end of the chunk.</summary>
    private static int Left(long at) => (int)(MemoryChunks.Size - at % MemoryChunks.Size);

    private long Position(ZoneId zone, long offset) => zone.Index * Geometry.ZoneCapacity + offset;
}
