namespace ZoneTierFS.Engine.Format;

/// <summary>Where the journal goes on: the place of the next batch, and what that batch will call itself.</summary>
/// <param name="Zone">Zone of the journal's device.</param>
/// <param name="Block">Blocks of 4096 bytes from the zone's start.</param>
/// <param name="NextSequence">Sequence number of the next batch.</param>
/// <param name="Epoch">Mount epoch of the next batch.</param>
internal readonly record struct JournalPosition(uint Zone, uint Block, ulong NextSequence, ulong Epoch);
