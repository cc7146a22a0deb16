using ZoneTierFS.Engine;

namespace ZoneTierFS.Simulation;

/// <summary>Says how full a volume thinks it is, for messages about "no space".</summary>
internal static class SpaceInWords
{
    public static string Describe(Volume volume)
    {
        SpaceUsage space = volume.GetSpace();
        VolumeStatus status = volume.GetVolumeStatus();
        IEnumerable<string> tiers = status.Tiers.Select(tier =>
            $"{tier.Name} {tier.Zones} zones, {tier.FreeZones} free, {tier.OpenZones} open, {tier.FullZones} full, {tier.LiveBytes} bytes live, "
            + $"{tier.PromotedBytes} promoted");
        return $"free {space.FreeBlocks} of {space.TotalBlocks} blocks, dirty {status.DirtyBytes}, journal {status.JournalBytes}; {string.Join("; ", tiers)}"
            + $"{(status.Failure is null ? "" : $"; failed: {status.Failure}")}";
    }
}
