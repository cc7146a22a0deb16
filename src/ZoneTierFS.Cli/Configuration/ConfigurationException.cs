namespace ZoneTierFS.Cli.Configuration;

/// <summary>A configuration cannot be used. All that is wrong with it is listed at once.</summary>
internal sealed class ConfigurationException : Exception
{
    public ConfigurationException(string file, IReadOnlyList<ConfigurationProblem> problems) : base(Describe(file, problems)) => Problems = problems;

    public IReadOnlyList<ConfigurationProblem> Problems { get; }

    private static string Describe(string file, IReadOnlyList<ConfigurationProblem> problems)
    {
        var count = problems.Count == 1 ? "1 error" : $"{problems.Count} errors";
        var lines = string.Concat(problems.Select(problem => $"\n  {problem}"));
        return $"the configuration has {count}: {file}. Nothing was touched; mend this and try again:{lines}";
    }
}
