using ZoneTierFS.Cli.Configuration;

namespace ZoneTierFS.Cli.Json;

/// <summary>A tier as a configuration describes it; sizes in bytes.</summary>
internal sealed record TierReport(string Name, string Path, string Media, int Zones, long ZoneSize, long Size)
{
    public static TierReport Of(TierSettings tier) => new(tier.Name, tier.Path, tier.Media, tier.Geometry.ZoneCount, tier.ZoneSize, tier.Size);
}
