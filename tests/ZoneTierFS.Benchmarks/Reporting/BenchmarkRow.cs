using System.Text.Json.Serialization;

namespace ZoneTierFS.Benchmarks.Reporting;

/// <summary>One measured figure, as --json writes it.</summary>
/// <param name="Value">What ZoneTierFS reached.</param>
/// <param name="Baseline">What the plain file system reached in the same run, in the same unit.</param>
/// <param name="Ratio"><paramref name="Value"/> by <paramref name="Baseline"/>.</param>
/// <param name="Target">What the ratio, or the value where there is no baseline, is to reach; at most, where less is better.</param>
/// <param name="Met">Whether it is reached; null without a target.</param>
internal sealed record BenchmarkRow(
    [property: JsonPropertyName("suite")] string Suite,
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("value")] double Value,
    [property: JsonPropertyName("unit")] string Unit,
    [property: JsonPropertyName("baseline")] double? Baseline,
    [property: JsonPropertyName("ratio")] double? Ratio,
    [property: JsonPropertyName("target")] double? Target,
    [property: JsonPropertyName("met")] bool? Met)
{
    /// <summary>The figure is a cost: the target is what it may be at most.</summary>
    [JsonPropertyName("lessIsBetter"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool LessIsBetter { get; init; }

    /// <summary>Other file systems on the same medium, by name.</summary>
    [JsonPropertyName("peers"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, PeerFigure>? Peers { get; init; }

    /// <summary>Whether ZoneTierFS is better than each of its rivals among the peers; null where none was measured.</summary>
    [JsonPropertyName("ahead"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Ahead { get; init; }

    /// <summary>Processor time of client and daemon, by place, in <see cref="CpuUnit"/>.</summary>
    [JsonPropertyName("cpu"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Cpu { get; init; }

    [JsonPropertyName("cpuUnit"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CpuUnit { get; init; }

    /// <summary>How far the values reached; for the table only.</summary>
    [JsonIgnore]
    public string Range { get; init; } = "";

    /// <summary>The same for the baseline.</summary>
    [JsonIgnore]
    public string BaselineRange { get; init; } = "";

    /// <summary>Highest share of other programs among the samples, 0 to 1; for the table only.</summary>
    [JsonIgnore]
    public double? OthersShare { get; init; }

    /// <summary>The target as a table shows it.</summary>
    [JsonIgnore]
    public string TargetText => Target is { } target ? $"{(LessIsBetter ? "<=" : ">=")} {BenchmarkReport.Number(target)}" : "";

    /// <summary>A figure that the plain file system was measured for, too.</summary>
    /// <param name="ratioMin">What the ratio is to reach, or null.</param>
    public static BenchmarkRow Compared(string suite, string name, double value, double baseline, string unit, double? ratioMin) =>
        new(suite, name, Rounded(value), unit, Rounded(baseline), Rounded(value / baseline), ratioMin,
            ratioMin is { } target ? value / baseline >= target : null);

    /// <summary>A cost that the plain file system was measured for, too.</summary>
    /// <param name="ratioMax">What the ratio may be at most, or null.</param>
    public static BenchmarkRow ComparedCost(string suite, string name, double value, double baseline, string unit, double? ratioMax) =>
        new(suite, name, Rounded(value), unit, Rounded(baseline), Rounded(value / baseline), ratioMax,
            ratioMax is { } target ? value / baseline <= target : null) { LessIsBetter = true };

    /// <summary>A figure that stands by itself.</summary>
    /// <param name="valueMax">What it may be at most, or null.</param>
    public static BenchmarkRow Alone(string suite, string name, double value, string unit, double? valueMax = null) =>
        new(suite, name, Rounded(value), unit, Baseline: null, Ratio: null, valueMax, valueMax is { } target ? value <= target : null)
        {
            LessIsBetter = valueMax is not null,
        };

    /// <summary>The row with what other file systems reached.</summary>
    /// <param name="peers">Value, or the reason why there is none, by name.</param>
    /// <param name="rivals">Names of those that ZoneTierFS is to be ahead of.</param>
    public BenchmarkRow Against(IEnumerable<(string Name, double? Value, string? Refusal)> peers, IReadOnlySet<string> rivals)
    {
        Dictionary<string, PeerFigure> figures = peers.ToDictionary(peer => peer.Name, peer => new PeerFigure(
            peer.Value is { } value ? Rounded(value) : null, peer.Value / Baseline is { } ratio ? Rounded(ratio) : null, peer.Refusal));
        double[] beaten = [.. figures.Where(peer => rivals.Contains(peer.Key) && peer.Value.Value is not null).Select(peer => peer.Value.Value!.Value)];
        return this with { Peers = figures, Ahead = beaten.Length == 0 ? null : beaten.All(rival => LessIsBetter ? Value < rival : Value > rival) };
    }

    /// <summary>No measurement here is worth more than four decimals.</summary>
    private static double Rounded(double value) => Math.Round(value, 4);
}
