using ZoneTierFS.Devices;

namespace ZoneTierFS.Tests.Devices;

/// <summary>Capacity below size, nothing a power of two, few zones active, and more zones than one block of the zone table holds.</summary>
internal static class OddGeometry
{
    public static ZonedGeometry Value => new()
    {
        ZoneCount = 131,
        ZoneSize = 259 * 4096,
        ZoneCapacity = 237 * 4096,
        MaxOpenZones = 5,
        MaxActiveZones = 6,
        AppendBytesMax = 19 * 4096,
        Media = MediaKind.Qlc,
    };
}
