using System.Globalization;

namespace ZoneTierFS.Simulation.Stress;

/// <summary>How a volume is put under stress by real threads.</summary>
internal sealed record StressOptions
{
    public const string Usage = """
        Usage: ZoneTierFS.Simulation --threads N [--operations N] [--seed S] [--dirty BYTES]
          --threads N     no seeded world: so many real threads on one volume
          --operations N  of each thread (default 2000)
          --seed S        what each thread does follows from it, when it does it does not (default 1)
          --dirty BYTES   memory for waiting writes (default 2097152)
        """;

    public int Threads { get; init; } = 16;

    public int Operations { get; init; } = 2000;

    public int Seed { get; init; } = 1;

    /// <summary>Memory for waiting writes, bytes; with as much as one write needs, each waits for the write-back of another.</summary>
    public long DirtyBytesMax { get; init; } = 2 << 20;

    /// <summary>Bytes of the longest write.</summary>
    public int WriteBytesMax { get; init; } = 100_000;

    /// <summary>Without a single operation ended in this time, threads wait for each other.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A planted fault: requests of a device after so many never end. 0: none.</summary>
    public int StallAfter { get; init; }

    /// <summary>Null where the arguments make no sense.</summary>
    public static StressOptions? TryParse(string[] arguments)
    {
        StressOptions? options = new();
        for (int i = 0; i < arguments.Length && options is not null; i += 2)
        {
            options = i + 1 < arguments.Length && int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                ? options.With(arguments[i], value)
                : null;
        }
        return options;
    }

    private StressOptions? With(string name, int value) => name switch
    {
        "--threads" => this with { Threads = value },
        "--operations" => this with { Operations = value },
        "--seed" => this with { Seed = value },
        "--dirty" => this with { DirtyBytesMax = value },
        _ => null,
    };
}
