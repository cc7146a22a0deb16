using System.Globalization;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Simulation;

/// <summary>The program's arguments.</summary>
internal sealed record CommandLine
{
    public const string Usage = """
        Usage: ZoneTierFS.Simulation [--seeds N] [--from S] [--seed S] [--trace] [--steps N] [--append-errors] [--lying-flush]
                                    [--sweep N] [--media-faults] [--plant BUG]
               ZoneTierFS.Simulation --directory N
          --seeds N        run N seeds (default 100)
          --from S         the first seed (default 1)
          --seed S         run this seed only
          --trace          print everything that happens
          --steps N        actions of each client in each life, instead of what the seed chooses
          --sweep N        at one of N moments of change on the media, judge what a power cut there could leave (1: at all)
          --append-errors  let appends fail now and then
          --media-faults   spoil blocks of data at the end: errors then, but no wrong bytes
          --plant BUG      a mistake that the engine makes: UnflushedData, EarlyReset, SplitRename or BlindReplay;
                           the run passes when seeds fail
          --lying-flush    devices confirm flushes they did not do; the run passes when seeds fail
          --directory N    instead of seeds: fill one directory with N entries, list it while it changes, search it, empty it
        """;

    public int Seeds { get; private init; } = 100;

    public ulong From { get; private init; } = 1;

    /// <summary>Entries of the directory that is tried instead of seeds; null for seeds.</summary>
    public int? Directory { get; private init; }

    public bool Trace { get; private init; }

    public int? Steps { get; private init; }

    /// <summary>See <see cref="SimulationOptions.SweepOneOf"/>.</summary>
    public int Sweep { get; private init; }

    public bool AppendErrors { get; private init; }

    public bool MediaFaults { get; private init; }

    public PlantedBug Planted { get; private init; }

    public bool LyingFlush { get; private init; }

    /// <summary>Null where the arguments make no sense.</summary>
    public static CommandLine? TryParse(string[] arguments)
    {
        CommandLine? result = new();
        for (int i = 0; i < arguments.Length && result is not null; i++)
        {
            result = arguments[i] switch
            {
                "--trace" => result with { Trace = true },
                "--append-errors" => result with { AppendErrors = true },
                "--media-faults" => result with { MediaFaults = true },
                "--plant" => ++i < arguments.Length && Enum.TryParse(arguments[i], out PlantedBug bug) ? result with { Planted = bug } : null,
                "--lying-flush" => result with { LyingFlush = true },
                _ => ++i < arguments.Length && int.TryParse(arguments[i], NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                    ? result.With(arguments[i - 1], value)
                    : null,
            };
        }

        return result;
    }

    private CommandLine? With(string option, int value) => option switch
    {
        "--seeds" => this with { Seeds = value },
        "--from" => this with { From = (ulong)value },
        "--seed" => this with { From = (ulong)value, Seeds = 1 },
        "--directory" => this with { Directory = value },
        "--sweep" => this with { Sweep = value },
        "--steps" => this with { Steps = value },
        _ => null,
    };
}
