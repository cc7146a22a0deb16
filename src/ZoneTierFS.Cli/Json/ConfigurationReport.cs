namespace ZoneTierFS.Cli.Json;

/// <summary>What `ztfs config validate --json` prints of a configuration that is right.</summary>
internal sealed record ConfigurationReport(string File, bool Valid, IReadOnlyList<TierReport> Tiers);
