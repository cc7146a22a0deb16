using Microsoft.Extensions.Logging;

namespace ZoneTierFS.Engine;

/// <summary>What the engine knows of the world: time and the log. Devices come separately. Nothing else reaches it.</summary>
public sealed record VolumeEnvironment(TimeProvider Time, ILogger Log)
{
    /// <summary>For tests of the tests only.</summary>
    internal PlantedBug Planted { get; init; }
}
