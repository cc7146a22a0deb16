namespace ZoneTierFS.Engine;

/// <summary>One thing that a repair does.</summary>
/// <param name="Action">What is done, as a sentence.</param>
/// <param name="Loss">What is lost by it, as a sentence; null where nothing is.</param>
public sealed record RepairStep(string Action, string? Loss);
