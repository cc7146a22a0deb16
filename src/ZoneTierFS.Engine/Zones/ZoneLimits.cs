using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Zones;

/// <summary>What the numbers of the format can count. A device of greater shape cannot have been formatted, whatever its superblock says.</summary>
internal static class ZoneLimits
{
    /// <summary>An extent names its zone with 24 bits.</summary>
    private const int ZonesMax = 1 << 24;

    /// <exception cref="VolumeException">A device is not one that a volume can lie on.</exception>
    public static void Demand(IReadOnlyList<TierDevice> devices)
    {
        ulong checksumPages = 0;
        foreach (var tier in devices)
        {
            var geometry = tier.Device.Geometry;
            var blocks = geometry.ZoneCapacity / DeviceZones.BlockSize;
            checksumPages += (ulong)Math.Clamp(blocks, 0, int.MaxValue) * (uint)geometry.ZoneCount / BlockChecksums.PerPage + 1;
            if (geometry.BlockSize == DeviceZones.BlockSize && geometry.ZoneCount is > DeviceZones.SuperblockZones and <= ZonesMax
                && blocks is > 0 and <= int.MaxValue && checksumPages < PageFormat.NoId) continue;
            throw new VolumeException(VolumeFault.Geometry,
                $"No volume can lie on the device of tier '{tier.Tier}': it has {geometry.ZoneCount} zones of {geometry.ZoneCapacity} bytes, "
                + $"in blocks of {geometry.BlockSize}.");
        }
    }
}
