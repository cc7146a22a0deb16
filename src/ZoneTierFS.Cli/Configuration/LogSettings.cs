namespace ZoneTierFS.Cli.Configuration;

/// <summary>Where a daemon logs, and the least serious level that it logs.</summary>
internal sealed record LogSettings(string File, string Level);
