using Microsoft.Extensions.Logging;

namespace ZoneTierFS.Engine;

/// <summary>What the engine knows of the world: time and the log. Devices come separately. Nothing else reaches it.</summary>
public sealed record VolumeEnvironment(TimeProvider Time, ILogger Log)
{
    /// <summary>For tests of the tests only.</summary>
    internal PlantedBug Planted { get; init; }

    /// <summary>
    /// Told of the state of a volume that begins to open: whoever lets the power fail in the middle of that gets no volume whose memory could be given back.
    /// </summary>
    internal Action<VolumeState>? Begun { get; init; }
}
