namespace ZoneTierFS.Simulation;

/// <summary>How a seed ended.</summary>
/// <param name="Failure">Null where all went well.</param>
/// <param name="Crashes">Power cuts survived.</param>
/// <param name="Operations">Actions of clients.</param>
/// <param name="TraceHash">The same for every run of the seed.</param>
public sealed record SeedResult(ulong Seed, string? Failure, int Crashes, long Operations, ulong TraceHash);
