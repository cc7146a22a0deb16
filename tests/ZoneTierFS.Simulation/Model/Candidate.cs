namespace ZoneTierFS.Simulation;

/// <summary>An explanation of what survived: so many operations since the floor were kept.</summary>
/// <param name="Nodes">What was read back, by the tree's node ids.</param>
internal sealed record Candidate(int Kept, IReadOnlyDictionary<int, SurvivingNode> Nodes);
