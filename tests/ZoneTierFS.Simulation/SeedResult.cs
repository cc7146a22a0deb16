namespace ZoneTierFS.Simulation;

/// <summary>How a seed ended.</summary>
/// <param name="Failure">Null where all went well.</param>
/// <param name="Crashes">Power cuts survived.</param>
/// <param name="Operations">Actions of clients.</param>
/// <param name="TraceHash">The same for every run of the seed.</param>
public sealed record SeedResult(ulong Seed, string? Failure, int Crashes, long Operations, ulong TraceHash)
{
    /// <summary>What the engine was doing when the power failed.</summary>
    public PhaseCounts Phases { get; init; } = new();

    /// <summary>States of the media that were looked at beside the crashes that the seed lived through.</summary>
    public long CrashPoints { get; init; }

    /// <summary>What the engine was doing at those.</summary>
    public PhaseCounts PointPhases { get; init; } = new();
}
