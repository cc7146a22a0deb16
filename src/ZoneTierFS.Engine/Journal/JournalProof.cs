using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// Tells damage in the journal from its end. A power cut may leave the last batches torn or lost, and nobody was told that they are durable; but each batch
/// says up to which one all were durable before it was written. One behind the end that says so of what is missing proves that it was there once.
/// </summary>
internal sealed class JournalProof(VolumeState state, ulong missing)
{
    private const int BlockSize = DeviceZones.BlockSize;

    private readonly DeviceZones _fast = state.Zones[0];

    /// <summary>
    /// The sequence of a batch that proves the missing one, or null. Looks at the rest of the zone, and at zones that the journal may have gone on in.
    /// </summary>
    /// <param name="zone">Where the journal seems to end, and its first block that is no whole batch.</param>
    /// <param name="visited">Zones that need no second look.</param>
    public async Task<ulong?> FindAsync(int zone, uint block, IReadOnlyCollection<int> visited, CancellationToken ct)
    {
        using var header = new AlignedMemory(BlockSize);
        for (var at = block + 1; at < _fast[zone].Written; at++)
        {
            if (await TryReadAsync(zone, at, header, ct) is { } batch && Proves(batch)) return batch.Sequence;
        }
        for (var other = DeviceZones.SuperblockZones; other < _fast.Count; other++)
        {
            if (visited.Contains(other)) continue;
            for (uint at = 0; at < _fast[other].Written;)
            {
                if (await TryReadAsync(other, at, header, ct) is not { } batch) break;
                if (Proves(batch)) return batch.Sequence;
                at += (uint)(batch.BatchLength / BlockSize);
            }
        }
        return null;
    }

    private bool Proves(JournalBatchHeader batch) => batch.ConfirmedSequence >= missing;

    /// <summary>The whole batch that begins at a block; null where there is none, or none that can be read.</summary>
    private async Task<JournalBatchHeader?> TryReadAsync(int zone, uint block, AlignedMemory first, CancellationToken ct)
    {
        try
        {
            await _fast.Device.ReadAsync(At(zone, block), first.Memory, ct);
            if (!JournalBatchHeader.TryPeek(first.GetSpan(), out var found) || block + found.BatchLength / BlockSize > _fast[zone].Written) return null;
            using var whole = new AlignedMemory(found.BatchLength);
            await _fast.Device.ReadAsync(At(zone, block), whole.Memory, ct);
            return JournalBatchHeader.TryRead(whole.GetSpan(), state.Uuid, out found) ? found : null;
        }
        catch (DeviceException)
        {
            return null; // what cannot be read proves nothing
        }
    }

    private static ZoneAddress At(int zone, uint block) => new(new ZoneId(zone), (long)block * BlockSize);
}
