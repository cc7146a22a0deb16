using ZoneTierFS.Cli.Configuration;

namespace ZoneTierFS.Cli.Json;

/// <summary>A failure as programs read it.</summary>
/// <param name="Problems">Each thing wrong with a configuration; otherwise null.</param>
internal sealed record ErrorReport(string Error, IReadOnlyList<ConfigurationProblem>? Problems);
