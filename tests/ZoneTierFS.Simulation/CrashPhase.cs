namespace ZoneTierFS.Simulation;

/// <summary>What the engine is doing when the power fails. Several at once where it does several things.</summary>
public enum CrashPhase
{
    Format,
    Opening,
    Work,
    JournalCommit,
    Checkpoint,
    Cleaning,
    Promotion,
    Relocation,
    ZoneReset,
    Closing,

    /// <summary>In the life right after one that ended with a power cut.</summary>
    AfterCrash,
}
