using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// Applies the batches behind a checkpoint, in sequence, up to the first that is not whole: what comes after was never acknowledged. A batch counts only
/// with the next sequence, the volume's checksum seed and an epoch that does not go back.
/// </summary>
internal sealed class JournalReplay(VolumeState state, CheckpointRoot root)
{
    private const int BlockSize = DeviceZones.BlockSize;

    private readonly DeviceZones _fast = state.Zones[0];
    private readonly List<int> _zones = [(int)root.JournalZone];

    /// <summary>The journal zones that were visited.</summary>
    public IReadOnlyList<int> Zones => _zones;
    public ulong NextSequence { get; private set; } = root.JournalSequence;
    public ulong NewestEpoch { get; private set; } = root.JournalEpoch;
    public long Mutations { get; private set; }

    public async Task RunAsync(CancellationToken ct)
    {
        var (zone, block) = ((int)root.JournalZone, root.JournalBlock);
        using var header = new AlignedMemory(BlockSize);
        while (true)
        {
            if (block >= _fast[zone].Written)
            {
                StateLog.JournalEnd(state.Log, NextSequence - 1, "nothing more was written");
                return;
            }
            await ReadAsync(zone, block, header.Memory, ct);
            if (!JournalBatchHeader.TryRead(header.GetSpan(), out var found) || found.Sequence != NextSequence || found.Epoch < NewestEpoch
                || block + found.Blocks > _fast[zone].Written)
            {
                StateLog.JournalEnd(state.Log, NextSequence - 1, "the next block does not begin the next batch");
                return;
            }
            using var batch = new AlignedMemory((int)found.Blocks * BlockSize);
            await ReadAsync(zone, block, batch.Memory, ct);
            if (!found.Verifies(batch.GetSpan(), state.Uuid))
            {
                StateLog.JournalEnd(state.Log, NextSequence - 1, "the next batch is torn");
                return;
            }
            NewestEpoch = found.Epoch;
            if (await ApplyAsync(batch.Memory[JournalBatchHeader.Size..][..(int)found.PayloadLength]) is { } next)
            {
                if (next < DeviceZones.SuperblockZones || next >= _fast.Count || _zones.Contains(next)) throw new InvalidDataException($"The journal goes on in zone {next}, which cannot be.");
                _zones.Add(next);
                (zone, block) = (next, 0);
                continue;
            }
            NextSequence++;
            block += found.Blocks;
        }
    }

    private ValueTask ReadAsync(int zone, uint block, Memory<byte> into, CancellationToken ct) =>
        _fast.Device.ReadAsync(new ZoneAddress(new ZoneId(zone), (long)block * BlockSize), into, ct);

    /// <summary>Applies one batch; returns the zone in which the journal goes on when it says so.</summary>
    private async ValueTask<int?> ApplyAsync(ReadOnlyMemory<byte> payload)
    {
        int? next = null;
        var checksums = new List<(Location At, uint[] Values)>();
        Apply(payload.Span, ref next, checksums);
        foreach (var (at, values) in checksums)
        {
            while (!TrySet(at, values)) await state.Checksums.LoadAsync(at, values.Length);
        }
        return next;
    }

    private bool TrySet(Location at, uint[] values)
    {
        lock (state.Gate) return state.Checksums.TrySet(at, values);
    }

    private void Apply(ReadOnlySpan<byte> payload, ref int? next, List<(Location At, uint[] Values)> checksums)
    {
        var reader = new JournalReader(payload);
        while (reader.MoveNext())
        {
            Mutations++;
            switch (reader.Tag)
            {
                case JournalTag.Put:
                    state.Tree.Put(reader.Key, reader.Value);
                    if (ItemKeys.KindOf(reader.Key) == ItemKind.Inode) state.NextInode = Math.Max(state.NextInode, ItemKeys.InodeOf(reader.Key) + 1);
                    break;
                case JournalTag.Delete:
                    state.Tree.Delete(reader.Key);
                    break;
                case JournalTag.DeleteRange:
                    state.Tree.DeleteRange(reader.Key, reader.To);
                    break;
                case JournalTag.Checksums:
                    checksums.Add((new Location(reader.Device, (int)reader.Zone, reader.Block), reader.ChecksumValues()));
                    break;
                case JournalTag.NextZone:
                    next = (int)reader.Zone;
                    break;
                default:
                    throw new InvalidDataException($"A journal batch holds a mutation of the unknown kind {reader.Tag}.");
            }
        }
    }
}
