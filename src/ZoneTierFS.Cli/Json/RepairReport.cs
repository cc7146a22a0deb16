using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Json;

/// <summary>What `ztfs check --repair --json` prints.</summary>
/// <param name="Found">What was wrong.</param>
/// <param name="Steps">What is done about it.</param>
/// <param name="Remaining">What stays wrong.</param>
/// <param name="After">The check behind the repair; null where nothing was changed.</param>
internal sealed record RepairReport(CheckReport Found, IReadOnlyList<RepairStep> Steps, IReadOnlyList<CheckFinding> Remaining, CheckReport? After);
