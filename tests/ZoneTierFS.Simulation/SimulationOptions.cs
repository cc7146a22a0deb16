using ZoneTierFS.Engine;

namespace ZoneTierFS.Simulation;

/// <summary>What a simulation is asked to do beyond its seed.</summary>
public sealed record SimulationOptions
{
    /// <summary>Actions of each client in each life; null lets the seed decide. Fewer make a failure easier to read, if it still happens.</summary>
    public int? Steps { get; init; }

    /// <summary>Where everything that happens is written, or null.</summary>
    public TextWriter? Trace { get; init; }

    /// <summary>Appends fail now and then, after part of the data was written.</summary>
    public bool AppendErrors { get; init; }

    /// <summary>
    /// Of so many moments at which something changes on the media, one is looked at as if the power failed there; 1 for all of them, 0 for none.
    /// </summary>
    public int SweepOneOf { get; init; }

    /// <summary>At the end, blocks of data rot, are lost, land elsewhere or cannot be read: then there must be errors, and no wrong bytes.</summary>
    public bool MediaFaults { get; init; }

    /// <summary>A mistake that the engine is told to make: every such run must fail sooner or later, as with <see cref="FlushLies"/>.</summary>
    internal PlantedBug Planted { get; init; }

    /// <summary>Devices confirm flushes that they did not do: every such run must fail sooner or later, or the simulator is blind.</summary>
    public bool FlushLies { get; init; }
}
