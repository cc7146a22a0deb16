using System.Text.Json.Serialization;

namespace ZoneTierFS.Benchmarks.Reporting;

/// <summary>What another file system reached in a row.</summary>
/// <param name="Value">In the row's unit; null where it could not do the work.</param>
/// <param name="Ratio"><paramref name="Value"/> by the row's baseline.</param>
/// <param name="Refusal">Why it could not do the work; null where it could.</param>
internal sealed record PeerFigure(
    [property: JsonPropertyName("value")] double? Value,
    [property: JsonPropertyName("ratio")] double? Ratio,
    [property: JsonPropertyName("refusal"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Refusal = null);
