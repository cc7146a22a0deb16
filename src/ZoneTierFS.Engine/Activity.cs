namespace ZoneTierFS.Engine;

/// <summary>What the engine can be doing besides answering programs.</summary>
internal enum Activity
{
    Commit,
    Checkpoint,
    Cleaning,
    Promotion,
    Relocation,
    ZoneReset,
    Closing,
}
