namespace ZoneTierFS.Engine.Checking;

/// <summary>What verifying the metadata on media found.</summary>
/// <param name="Healed">Damaged pages that were written again.</param>
/// <param name="Lost">Damaged pages that nothing can restore.</param>
internal readonly record struct ScrubMetadata(long Healed, long Lost);
