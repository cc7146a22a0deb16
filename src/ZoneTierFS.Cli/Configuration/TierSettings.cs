using ZoneTierFS.Devices;

namespace ZoneTierFS.Cli.Configuration;

/// <summary>One tier of a configuration; sizes in bytes.</summary>
internal sealed record TierSettings
{
    public required string Name { get; init; }
    public required string Path { get; init; }
    public required string Media { get; init; }
    public required long Size { get; init; }
    public required long ZoneSize { get; init; }
    public required long ZoneCapacity { get; init; }
    public required int MaxOpenZones { get; init; }
    public required int MaxActiveZones { get; init; }

    /// <summary>The shape that a new device for this tier gets.</summary>
    public ZonedGeometry Geometry => new()
    {
        ZoneCount = (int)(Size / ZoneSize),
        ZoneSize = ZoneSize,
        ZoneCapacity = ZoneCapacity,
        MaxOpenZones = MaxOpenZones,
        MaxActiveZones = MaxActiveZones,
        Media = Enum.Parse<MediaKind>(Media, ignoreCase: true),
    };
}
