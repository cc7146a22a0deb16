namespace ZoneTierFS.Engine.Checking;

/// <summary>What verifying the metadata on media found.</summary>
/// <param name="Healed">Damaged blocks that are good again, or will be with the next checkpoint.</param>
/// <param name="Lost">Damaged blocks that nothing can restore.</param>
internal readonly record struct ScrubMetadata(long Bytes, long Healed, long Lost);
