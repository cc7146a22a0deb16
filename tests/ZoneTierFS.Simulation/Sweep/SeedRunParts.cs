using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Simulation;

/// <summary>What of a seed is needed to look at its media from outside.</summary>
internal sealed record SeedRunParts(SimulationPlan Plan, ReferenceModel Model, FaultyMedium[] Media, SimulationOptions Options)
{
    public VolumeOptions ReadOnlyOptions { get; } = Plan.Options with { ReadOnly = true };

    public VolumeEnvironment Quiet(TimeProvider time) => new(time, NullLogger.Instance) { Planted = Options.Planted };
}
