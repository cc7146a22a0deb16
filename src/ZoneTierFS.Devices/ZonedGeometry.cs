namespace ZoneTierFS.Devices;

/// <summary>The shape and limits of a zoned device, as the device itself states them.</summary>
public sealed record ZonedGeometry
{
    public required int ZoneCount { get; init; }

    /// <summary>Distance between the starts of two zones, bytes.</summary>
    public required long ZoneSize { get; init; }

    /// <summary>Writable bytes of a zone, at most <see cref="ZoneSize"/>; a multiple of the block size, not always a power of two.</summary>
    public required long ZoneCapacity { get; init; }

    /// <summary>Bytes: unit of alignment and length of all reads and appends.</summary>
    public int BlockSize { get; init; } = 4096;

    /// <summary>Zones that may be open (being written) at once; 0 means no limit.</summary>
    public int MaxOpenZones { get; init; }

    /// <summary>Zones that may be open or closed (partly written) at once; 0 means no limit.</summary>
    public int MaxActiveZones { get; init; }

    /// <summary>The longest single append, bytes.</summary>
    public int AppendBytesMax { get; init; } = 4 << 20;

    public MediaKind Media { get; init; }
}
