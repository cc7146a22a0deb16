namespace ZoneTierFS.Simulation.Stress;

/// <summary>What real threads found wrong with a volume.</summary>
internal sealed class StressException(string problem) : Exception(problem);
