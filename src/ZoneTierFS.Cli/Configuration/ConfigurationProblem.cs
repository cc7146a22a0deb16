namespace ZoneTierFS.Cli.Configuration;

/// <summary>One thing wrong with a configuration.</summary>
/// <param name="Source">The file, environment variable or flag that the value came from.</param>
/// <param name="Value">As it was given; null where it is missing.</param>
/// <param name="Wrong">What is wrong, without a full stop.</param>
/// <param name="Mend">What to do about it, without a full stop.</param>
internal sealed record ConfigurationProblem(string Source, string Key, string? Value, string Wrong, string Mend)
{
    public override string ToString()
    {
        var subject = Value is null ? Key : $"{Key} = \"{Value}\"";
        return $"{subject}: {Wrong} ({Source}). {Mend}.";
    }
}
