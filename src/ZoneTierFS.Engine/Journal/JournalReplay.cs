using System.Runtime.InteropServices;
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
    private readonly List<int> _zones = [(int)root.Journal.Zone];

    /// <summary>The journal zones that were visited.</summary>
    public IReadOnlyList<int> Zones => _zones;
    public ulong NextSequence { get; private set; } = root.Journal.NextSequence;
    public ulong NewestEpoch { get; private set; } = root.Journal.Epoch;
    public long Mutations { get; private set; }

    public async Task RunAsync(CancellationToken ct)
    {
        var (zone, block) = ((int)root.Journal.Zone, root.Journal.Block);
        using var header = new AlignedMemory(BlockSize);
        while (true)
        {
            if (block >= _fast[zone].Written)
            {
                StateLog.JournalEnd(state.Log, NextSequence - 1, "nothing more was written");
                return;
            }
            await ReadAsync(zone, block, header.Memory, ct);
            if (!JournalBatchHeader.TryPeek(header.GetSpan(), out var found) || found.Sequence != NextSequence || found.Epoch < NewestEpoch
                || block + found.BatchLength / BlockSize > _fast[zone].Written)
            {
                StateLog.JournalEnd(state.Log, NextSequence - 1, "the next block does not begin the next batch");
                return;
            }
            using var batch = new AlignedMemory(found.BatchLength);
            await ReadAsync(zone, block, batch.Memory, ct);
            if (!JournalBatchHeader.TryRead(batch.GetSpan(), state.Uuid, out found))
            {
                StateLog.JournalEnd(state.Log, NextSequence - 1, "the next batch is torn");
                return;
            }
            NewestEpoch = found.Epoch;
            if (await ApplyAsync(batch.Memory, found) is { } next)
            {
                if (next < DeviceZones.SuperblockZones || next >= _fast.Count || _zones.Contains(next))
                    throw new InvalidDataException($"The journal goes on in zone {next}, which cannot be.");
                _zones.Add(next);
                (zone, block) = (next, 0);
                continue;
            }
            NextSequence++;
            block += (uint)(found.BatchLength / BlockSize);
        }
    }

    private ValueTask ReadAsync(int zone, uint block, Memory<byte> into, CancellationToken ct) =>
        _fast.Device.ReadAsync(new ZoneAddress(new ZoneId(zone), (long)block * BlockSize), into, ct);

    /// <summary>Applies one batch; returns the zone in which the journal goes on when it says so.</summary>
    private async ValueTask<int?> ApplyAsync(ReadOnlyMemory<byte> batch, JournalBatchHeader header)
    {
        int? next = null;
        var checksums = new List<(Location At, uint[] Values)>();
        Apply(batch.Span, header, ref next, checksums);
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

    private void Apply(ReadOnlySpan<byte> batch, in JournalBatchHeader header, ref int? next, List<(Location At, uint[] Values)> checksums)
    {
        // Once to its end without effect: a batch is applied whole or not at all.
        var rehearsal = new JournalReader(batch, header);
        while (rehearsal.TryRead(out _)) Mutations++;
        var reader = new JournalReader(batch, header);
        while (reader.TryRead(out var mutation))
        {
            switch (mutation.Tag)
            {
                case JournalTag.Put:
                    state.Tree.Put(mutation.Key, mutation.Value);
                    if (ItemKeys.KindOf(mutation.Key) == ItemKind.Inode) state.NextInode = Math.Max(state.NextInode, ItemKeys.InodeOf(mutation.Key) + 1);
                    break;
                case JournalTag.Delete:
                    state.Tree.Delete(mutation.Key);
                    break;
                case JournalTag.DeleteRange:
                    state.Tree.DeleteRange(mutation.Key, mutation.To);
                    break;
                case JournalTag.Checksums:
                    var at = new Location(mutation.Address.Device, (int)mutation.Address.Zone, mutation.Address.Block);
                    checksums.Add((at, MemoryMarshal.Cast<byte, uint>(mutation.Value).ToArray()));
                    break;
                case JournalTag.NextZone:
                    next = (int)mutation.Number;
                    break;
                case JournalTag.NextInode:
                    state.NextInode = Math.Max(state.NextInode, mutation.Number);
                    break;
            }
        }
    }
}
