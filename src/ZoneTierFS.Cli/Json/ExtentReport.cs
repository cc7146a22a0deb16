using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Json;

/// <summary>One extent; all in bytes except the zone's number. <see cref="Truncated"/> stands alone, as the last element of a list that was cut.</summary>
internal sealed record ExtentReport
{
    public static readonly ExtentReport Cut = new() { Truncated = true };

    public long? FileOffset { get; init; }
    public long? Length { get; init; }
    public string? Tier { get; init; }
    public int? Zone { get; init; }
    public long? ZoneOffset { get; init; }
    public bool? Promoted { get; init; }
    public bool? Truncated { get; init; }

    public static ExtentReport Of(ExtentPlacement extent) => new()
    {
        FileOffset = extent.FileOffset,
        Length = extent.Length,
        Tier = extent.Tier,
        Zone = extent.Zone,
        ZoneOffset = extent.ZoneOffset,
        Promoted = extent.Promoted,
    };
}
