using ZoneTierFS.Devices;

namespace ZoneTierFS.Tests.Devices;

internal static class ImpossibleGeometries
{
    private static readonly ZonedGeometry Sound = new() { ZoneCount = 4, ZoneSize = 1 << 20, ZoneCapacity = 1 << 20 };

    public static IReadOnlyList<ZonedGeometry> All =>
    [
        Sound with { ZoneCount = 0 },
        Sound with { ZoneCount = -1 },
        Sound with { ZoneCount = int.MaxValue },
        Sound with { ZoneSize = 0, ZoneCapacity = 0 },
        Sound with { ZoneSize = 5000 },
        Sound with { ZoneSize = long.MaxValue / 4096 * 4096 },
        Sound with { ZoneCapacity = 0 },
        Sound with { ZoneCapacity = 4097 },
        Sound with { ZoneCapacity = 2 << 20 },
        Sound with { BlockSize = 512 },
        Sound with { BlockSize = 12288 },
        Sound with { AppendBytesMax = 0 },
        Sound with { AppendBytesMax = 4097 },
        Sound with { MaxOpenZones = -1 },
        Sound with { MaxActiveZones = -1 },
        Sound with { MaxOpenZones = 7, MaxActiveZones = 6 },
    ];
}
