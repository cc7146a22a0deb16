namespace ZoneTierFS.Engine.Format;

/// <summary>Where the journal goes on: the place of the next batch, and what that batch will call itself.</summary>
/// <param name="Zone">Zone of the journal's device; <see cref="NoZone"/> where it was lost and the checkpoint is all there is.</param>
/// <param name="Block">Blocks of 4096 bytes from the zone's start.</param>
/// <param name="NextSequence">Sequence number of the next batch.</param>
/// <param name="Epoch">Mount epoch of the next batch.</param>
internal readonly record struct JournalPosition(uint Zone, uint Block, ulong NextSequence, ulong Epoch)
{
    public const uint NoZone = uint.MaxValue;
}
