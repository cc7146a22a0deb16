namespace ZoneTierFS.Simulation;

/// <summary>How a device misbehaves. All chances are 0 to 1; the default is a device that does everything at once and never fails.</summary>
public sealed record FaultKnobs
{
    /// <summary>Chance that an operation lets others run before and after it takes effect.</summary>
    public double YieldChance { get; init; }

    /// <summary>Chance that an operation takes time.</summary>
    public double DelayChance { get; init; }

    public TimeSpan DelayMax { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Appends of a device that work between two that fail: a device that refuses everything is not one that a program could go on with.</summary>
    public const int AppendsBetweenErrors = 2;

    /// <summary>Chance that an append fails with EIO after any part of it was written.</summary>
    public double AppendErrorChance { get; init; }

    /// <summary>Flushes report success and make nothing durable: a broken device, to prove that the simulator notices.</summary>
    public bool FlushLies { get; init; }

    /// <summary>The device keeps no count of resets.</summary>
    public bool HidesEpochs { get; init; }
}
