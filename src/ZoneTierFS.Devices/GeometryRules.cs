namespace ZoneTierFS.Devices;

/// <summary>What makes a geometry possible for the devices whose zones are kept by software.</summary>
internal static class GeometryRules
{
    public const int ZoneCountMax = 1 << 20;
    public const int BlockSizeMax = 1 << 16;

    /// <summary>The first thing wrong with the geometry, in words; null when it is sound.</summary>
    public static string? FindFault(ZonedGeometry geometry)
    {
        var block = geometry.BlockSize;
        if (block < 4096 || block > BlockSizeMax || !int.IsPow2(block))
            return $"block size {block} is not a power of two between 4096 and {BlockSizeMax}";
        if (geometry.ZoneCount is < 1 or > ZoneCountMax)
            return $"zone count {geometry.ZoneCount} is not between 1 and {ZoneCountMax}";
        if (geometry.ZoneSize < block || geometry.ZoneSize % block != 0)
            return $"zone size {geometry.ZoneSize} is not a positive multiple of the block size {block}";
        if (geometry.ZoneSize > (long.MaxValue >> 1) / geometry.ZoneCount)
            return $"{geometry.ZoneCount} zones of {geometry.ZoneSize} bytes are more than a file can hold";
        if (geometry.ZoneCapacity < block || geometry.ZoneCapacity % block != 0 || geometry.ZoneCapacity > geometry.ZoneSize)
            return $"zone capacity {geometry.ZoneCapacity} is not a positive multiple of the block size {block}, at most the zone size {geometry.ZoneSize}";
        if (geometry.AppendBytesMax < block || geometry.AppendBytesMax % block != 0)
            return $"append limit {geometry.AppendBytesMax} is not a positive multiple of the block size {block}";
        if (geometry.MaxOpenZones < 0 || geometry.MaxActiveZones < 0)
            return "a limit of open or active zones is negative";
        if (geometry.MaxActiveZones > 0 && geometry.MaxOpenZones > geometry.MaxActiveZones)
            return $"{geometry.MaxOpenZones} zones may be open but only {geometry.MaxActiveZones} active";
        return null;
    }
}
