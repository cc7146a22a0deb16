using ZoneTierFS.Engine;

namespace ZoneTierFS.Simulation;

/// <summary>What of a seed a sweep looks at.</summary>
/// <param name="OneOf">Of so many moments, one is looked at.</param>
internal sealed record SeedRunParts(SimulationPlan Plan, ReferenceModel Model, FaultyMedium[] Media, int OneOf)
{
    public VolumeOptions ReadOnlyOptions { get; } = Plan.Options with { ReadOnly = true };
}
