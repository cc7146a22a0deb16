namespace ZoneTierFS.Cli.Json;

/// <summary>What `ztfs format --json` prints.</summary>
internal sealed record FormatReport(Guid Uuid, IReadOnlyList<TierReport> Tiers);
