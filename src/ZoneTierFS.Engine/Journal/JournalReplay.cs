using System.Runtime.InteropServices;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Checking;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// Applies the batches behind a checkpoint, in sequence, up to the first that is not whole: what comes after was never acknowledged. The last of them may have
/// shared a flush with the data that they point at, and count only if that data is there.
/// </summary>
internal sealed class JournalReplay(VolumeState state, CheckpointRoot root)
{
    private const int BlockSize = DeviceZones.BlockSize;
    private const int VerifyBlocks = 256;

    private readonly JournalWalk _walk = new(state, root);
    private readonly Queue<ReadBatch> _unconfirmed = new();
    private readonly HashSet<(int Device, int Zone)> _named = [];

    /// <summary>The journal zones that were visited.</summary>
    public IReadOnlyList<int> Zones => _walk.Zones;
    public ulong NextSequence { get; private set; } = root.Journal.NextSequence;
    public ulong NewestEpoch => _walk.NewestEpoch;
    public long Mutations { get; private set; }

    /// <summary>
    /// The last batch that counts at every recovery. Those after it count as long as the data that they point at is there, and without them what they replaced.
    /// </summary>
    public ulong ConfirmedSequence { get; private set; } = root.Journal.NextSequence - 1;

    /// <summary>Zones that batches after the confirmed ones point at, or pointed away from: another recovery may need each of them.</summary>
    public IReadOnlyCollection<(int Device, int Zone)> Named => _named;

    /// <summary>What is wrong, where batches that were durable are lost; null where the journal ends as it should.</summary>
    public string? Damage => _walk.Damage;

    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (await _walk.NextAsync(ct) is { } batch)
            {
                _unconfirmed.Enqueue(batch);
                await ApplyWhileAsync(first => !first.SharedFlush || first.Sequence <= batch.Header.ConfirmedSequence);
            }
            ConfirmedSequence = NextSequence - 1;
            await VerifyRestAsync(ct);
            StateLog.JournalEnd(state.Log, NextSequence - 1, _walk.End);
        }
        finally
        {
            while (_unconfirmed.TryDequeue(out var batch)) batch.Dispose();
        }
    }

    private async Task ApplyWhileAsync(Predicate<ReadBatch> counts)
    {
        while (_unconfirmed.TryPeek(out var first) && counts(first))
        {
            await ApplyAsync(first);
            NextSequence = first.Sequence + 1;
            _unconfirmed.Dequeue().Dispose();
        }
    }

    /// <summary>Nobody was told that these are durable unless their data is, too; and a batch is nothing without those before it.</summary>
    private async Task VerifyRestAsync(CancellationToken ct)
    {
        while (_unconfirmed.TryPeek(out var first))
        {
            if (first.SharedFlush && state.Planted != PlantedBug.BlindReplay && await FindMissingAsync(first, ct) is { } problem)
            {
                StateLog.BatchUnconfirmed(state.Log, first.Sequence, problem);
                return;
            }
            Name(first);
            var sequence = first.Sequence;
            await ApplyWhileAsync(batch => batch.Sequence == sequence);
        }
    }

    /// <summary>Notes the zones that a batch names, before it is applied.</summary>
    private void Name(ReadBatch batch)
    {
        foreach (var (at, _) in ChecksumsOf(batch)) _named.Add((at.Device, at.Zone));
        var reader = batch.Read();
        while (reader.TryRead(out var mutation))
        {
            if (mutation.Tag is not (JournalTag.Put or JournalTag.Delete or JournalTag.DeleteRange or JournalTag.MapRun)) continue;
            var to = mutation.Tag == JournalTag.DeleteRange ? mutation.To : mutation.Key;
            var scan = state.Tree.Scan(mutation.Key);
            while (scan.MoveNext() && (scan.Key == mutation.Key || scan.Key < to))
            {
                if (ItemKeys.KindOf(scan.Key) is not (ItemKind.Extent or ItemKind.Promoted)) continue;
                foreach (var run in state.Extents.Runs(scan.Key, scan.Value))
                {
                    if (ItemChecks.IsPlace(state, run)) _named.Add((run.At.Device, run.At.Zone));
                }
            }
        }
    }

    /// <summary>Null when all data on the journal's device that the batch points at is there.</summary>
    private async Task<string?> FindMissingAsync(ReadBatch batch, CancellationToken ct)
    {
        using var data = new AlignedMemory(VerifyBlocks * BlockSize);
        var actual = new uint[VerifyBlocks];
        foreach (var (at, expected) in ChecksumsOf(batch))
        {
            if (at.Device != 0) continue; // flushed before the batch was written
            if (at.Block + (ulong)expected.Length > state.Zones[0][at.Zone].Written) return $"{at} and what follows is beyond the device's pointer";
            for (var done = 0; done < expected.Length; done += VerifyBlocks)
            {
                var count = Math.Min(VerifyBlocks, expected.Length - done);
                var from = new ZoneAddress(new ZoneId(at.Zone), (long)(at.Block + done) * BlockSize);
                if (await TryReadAsync(from, data.Memory[..(count * BlockSize)], ct) is { } problem) return problem;
                Crc32C.ComputeBlocks(data.GetSpan()[..(count * BlockSize)], actual.AsSpan(0, count));
                var same = actual.AsSpan(0, count).CommonPrefixLength(expected.AsSpan(done, count));
                if (same < count) return $"the checksum of {at.Plus((uint)(done + same))} does not match";
            }
        }
        return null;
    }

    private async Task<string?> TryReadAsync(ZoneAddress from, Memory<byte> into, CancellationToken ct)
    {
        try
        {
            await state.Zones[0].Device.ReadAsync(from, into, ct);
            return null;
        }
        catch (DeviceException failure)
        {
            return failure.Message;
        }
    }

    private List<(Location At, uint[] Values)> ChecksumsOf(ReadBatch batch)
    {
        var checksums = new List<(Location At, uint[] Values)>();
        var reader = batch.Read();
        while (reader.TryRead(out var mutation))
        {
            if (mutation.Tag != JournalTag.Checksums) continue;
            var (device, zone, block) = mutation.Address;
            var count = mutation.Value.Length / sizeof(uint);
            if (device >= state.Zones.Length || zone >= (uint)state.Zones[device].Count || block + (ulong)count > state.Zones[device].CapacityBlocks)
                throw new InvalidDataException(
                    $"Journal batch {batch.Sequence} has checksums of {count} blocks from device {device} zone {zone} block {block} on, outside the volume.");
            if (count == 0) continue;
            var at = new Location(device, (int)zone, block);
            checksums.Add((at, MemoryMarshal.Cast<byte, uint>(mutation.Value).ToArray()));
        }
        return checksums;
    }

    private async ValueTask ApplyAsync(ReadBatch batch)
    {
        var checksums = ChecksumsOf(batch); // which reads to the end without effect: a batch is applied whole or not at all
        Mutations += batch.Header.MutationCount;
        Apply(batch);
        foreach (var (at, values) in checksums)
        {
            while (!TrySet(at, values)) await state.Checksums.LoadAsync(at, values.Length);
        }
    }

    private bool TrySet(Location at, uint[] values)
    {
        lock (state.Gate) return state.Checksums.TrySet(at, values);
    }

    private void Apply(ReadBatch batch)
    {
        var reader = batch.Read();
        while (reader.TryRead(out var mutation))
        {
            Apply(state.Tree, mutation);
            if (mutation.Tag == JournalTag.NextInode) state.NextInode = Math.Max(state.NextInode, mutation.Number);
            if (mutation.Tag == JournalTag.Put && ItemKeys.KindOf(mutation.Key) == ItemKind.Inode)
                state.NextInode = Math.Max(state.NextInode, ItemKeys.InodeOf(mutation.Key) + 1);
        }
    }

    /// <summary>Does to a tree what was logged. Throws <see cref="InvalidDataException"/> where that cannot be.</summary>
    internal static void Apply(ItemTree tree, in JournalMutation mutation)
    {
        switch (mutation.Tag)
        {
            case JournalTag.Put:
                tree.Put(mutation.Key, mutation.Value);
                break;
            case JournalTag.Delete:
                tree.Delete(mutation.Key);
                break;
            case JournalTag.DeleteRange:
                tree.DeleteRange(mutation.Key, mutation.To);
                break;
            case JournalTag.MapRun:
                var (first, count) = mutation.Entries.GetOffsetAndLength(PageMap.Blocks);
                if (!PageMap.TryPatch(tree, mutation.Key, first, count, mutation.Number))
                    throw new InvalidDataException($"A journal batch changes the page map {mutation.Key}, which is not there.");
                break;
        }
    }
}
