using System.Text.Json.Serialization;

namespace ZoneTierFS.Benchmarks.Reporting;

/// <summary>One measured figure, as --json writes it.</summary>
/// <param name="Value">What ZoneTierFS reached.</param>
/// <param name="Baseline">What its peer reached in the same run, in the same unit.</param>
/// <param name="Ratio"><paramref name="Value"/> by <paramref name="Baseline"/>.</param>
/// <param name="Target">What the ratio is to reach; where there is no baseline, what the value may be at most.</param>
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
    /// <summary>How far the values reached; for the table only.</summary>
    [JsonIgnore]
    public string Range { get; init; } = "";

    /// <summary>The same for the baseline.</summary>
    [JsonIgnore]
    public string BaselineRange { get; init; } = "";

    /// <summary>Highest share of other programs among the samples, 0 to 1; for the table only.</summary>
    [JsonIgnore]
    public double? OthersShare { get; init; }

    /// <summary>A figure that a peer was measured for, too.</summary>
    /// <param name="ratioMin">What the ratio is to reach, or null.</param>
    public static BenchmarkRow Compared(string suite, string name, double value, double baseline, string unit, double? ratioMin) =>
        new(suite, name, Rounded(value), unit, Rounded(baseline), Rounded(value / baseline), ratioMin,
            ratioMin is { } target ? value / baseline >= target : null);

    /// <summary>A figure that stands by itself.</summary>
    /// <param name="valueMax">What it may be at most, or null.</param>
    public static BenchmarkRow Alone(string suite, string name, double value, string unit, double? valueMax = null) =>
        new(suite, name, Rounded(value), unit, Baseline: null, Ratio: null, valueMax, valueMax is { } target ? value <= target : null);

    /// <summary>No measurement here is worth more than four decimals.</summary>
    private static double Rounded(double value) => Math.Round(value, 4);
}
