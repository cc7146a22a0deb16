using System.Globalization;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>What a run of kills is told.</summary>
internal sealed record CrashOptions
{
    public const string Usage = """
        Usage: ZoneTierFS.MountTests crash [--rounds N] [--seed S] [--keep DIR] [--plant lie|old-images]
          --rounds N   kill the daemon under load N times (default 300)
          --seed S     what the recorders do and when they are interrupted follow from it (default 1)
          --keep DIR   put the images and the log of a failed round there
          --plant F    a fault that has to be found: recorders that do not sync what they call synced, or images put back after a kill
        """;

    public int Rounds { get; init; } = 300;

    public ulong Seed { get; init; } = 1;

    public string? KeepFolder { get; init; }

    public CrashPlant Plant { get; init; }

    /// <summary>Null where the arguments make no sense.</summary>
    public static CrashOptions? TryParse(string[] arguments)
    {
        CrashOptions? options = new();
        for (var i = 0; i < arguments.Length && options is not null; i += 2)
            options = i + 1 < arguments.Length ? options.With(arguments[i], arguments[i + 1]) : null;
        return options;
    }

    private CrashOptions? With(string name, string value) => (name, value) switch
    {
        ("--rounds", _) when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) => this with { Rounds = rounds },
        ("--seed", _) when uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) => this with { Seed = seed },
        ("--keep", _) => this with { KeepFolder = value },
        ("--plant", "lie") => this with { Plant = CrashPlant.Lie },
        ("--plant", "old-images") => this with { Plant = CrashPlant.OldImages },
        _ => null,
    };
}
