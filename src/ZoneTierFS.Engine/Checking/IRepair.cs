namespace ZoneTierFS.Engine.Checking;

/// <summary>
/// One thing that a repair does. It is said before it is done; it is done in memory and in the journal, and becomes durable with all others in one
/// checkpoint, so that a volume is repaired in whole or not at all.
/// </summary>
internal interface IRepair
{
    /// <summary>What is done and to what, as a sentence.</summary>
    string Description { get; }

    /// <summary>What is lost by it, as a sentence; null where nothing is.</summary>
    string? Loss { get; }

    /// <summary>Does it. Nothing else works on the volume meanwhile; an earlier repair may have changed what this one is about.</summary>
    ValueTask DoAsync(VolumeState state);
}
