namespace ZoneTierFS.Simulation;

/// <summary>
/// When the power fails: at a device operation, before a flush, or between two steps of the world, counted from the power-on; long.MaxValue for never.
/// </summary>
internal sealed record PowerCut
{
    public long Operation { get; init; } = long.MaxValue;

    public long Flush { get; init; } = long.MaxValue;

    public long Step { get; init; } = long.MaxValue;
}
