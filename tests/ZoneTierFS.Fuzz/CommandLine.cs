using System.Globalization;

namespace ZoneTierFS.Fuzz;

/// <summary>The program's arguments.</summary>
internal sealed record CommandLine
{
    public const string Usage = """
        Usage: ZoneTierFS.Fuzz [--requests N] [--seed S] [--target null|volume|image|region]
          --requests N     requests, shared by the targets (default 10000000)
          --seed S         the first episode's seed (default 1); the next one's is one more
          --target T       only this one: null (a filesystem that does nothing), volume (a real one, in memory),
                           image (damaged and crafted volumes) or region (image files with a damaged or crafted head)
          --mutants N      mutants of the target image (default 100000); of the target region a fiftieth
          --mutant N       only this one of them
          --failures N     failed mutants after which it ends (default 1)
        """;

    public int Requests { get; init; } = 10_000_000;

    public int RequestsOfTarget => Math.Max(1, Requests / Targets.Count);

    public int Seed { get; init; } = 1;

    /// <summary>Mutants of the target image.</summary>
    public int Mutants { get; init; } = 100_000;

    /// <summary>Mutants of the target region, for each of which a file is written.</summary>
    public int RegionMutants => Math.Max(1, Mutants / 50);

    /// <summary>The one mutant to judge; null for all.</summary>
    public int? Mutant { get; init; }

    /// <summary>Failed mutants after which no further one is judged.</summary>
    public int FailuresMax { get; init; } = 1;

    public IReadOnlyList<string> Targets { get; init; } = ["null", "volume"];

    /// <summary>Requests after which a fresh target takes over: as many as it takes to fill a volume some times.</summary>
    public int EpisodeRequests { get; init; } = 20_000;

    /// <summary>Null where the arguments make no sense.</summary>
    public static CommandLine? TryParse(string[] arguments)
    {
        CommandLine? result = new();
        for (var i = 0; i < arguments.Length && result is not null; i += 2)
            result = i + 1 < arguments.Length ? result.With(arguments[i], arguments[i + 1]) : null;
        return result;
    }

    private CommandLine? With(string option, string value)
    {
        var isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        return option switch
        {
            "--requests" when isNumber && number > 0 => this with { Requests = number },
            "--seed" when isNumber => this with { Seed = number },
            "--mutants" when isNumber && number > 0 => this with { Mutants = number },
            "--mutant" when isNumber => this with { Mutant = number },
            "--failures" when isNumber && number > 0 => this with { FailuresMax = number },
            "--target" when value is "null" or "volume" or "image" or "region" => this with { Targets = [value] },
            _ => null,
        };
    }
}
