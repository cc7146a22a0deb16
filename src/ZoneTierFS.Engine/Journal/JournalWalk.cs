using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// Reads the batches behind a checkpoint, in sequence, from zone to zone, up to the first that is not whole. A batch is one only with the next sequence, the
/// volume's checksum seed and an epoch that does not go back.
/// </summary>
internal sealed class JournalWalk(VolumeState state, CheckpointRoot root)
{
    private const int BlockSize = DeviceZones.BlockSize;

    private readonly DeviceZones _fast = state.Zones[0];
    private readonly List<int> _zones = root.Journal.Zone == JournalPosition.NoZone ? [] : [(int)root.Journal.Zone];
    private uint _block = root.Journal.Block;

    /// <summary>The journal zones that were visited.</summary>
    public IReadOnlyList<int> Zones => _zones;

    public ulong NextSequence { get; private set; } = root.Journal.NextSequence;
    public ulong NewestEpoch { get; private set; } = root.Journal.Epoch;

    /// <summary>Why there is no further batch.</summary>
    public string End { get; private set; } = "";

    /// <summary>What is wrong, where the journal does not end but is damaged: batches that were durable are lost behind it.</summary>
    public string? Damage { get; private set; }

    /// <summary>The next batch, to be disposed; null at the end.</summary>
    public async Task<ReadBatch?> NextAsync(CancellationToken ct)
    {
        if (_zones.Count == 0) return Stop("its device was lost before the checkpoint");
        using var header = new AlignedMemory(BlockSize);
        while (true)
        {
            var zone = _zones[^1];
            if (_block >= _fast[zone].Written) return Stop("nothing more was written");
            if (await TryReadAsync(zone, header.Memory, ct) is { } unreadable) return Break(unreadable);
            if (!JournalBatchHeader.TryPeek(header.GetSpan(), out var found) || found.Sequence != NextSequence || found.Epoch < NewestEpoch
                || _block + found.BatchLength / BlockSize > _fast[zone].Written)
                return await StopAsync("the next block does not begin the next batch", ct);
            var batch = new ReadBatch(new AlignedMemory(found.BatchLength), found);
            unreadable = await TryReadAsync(zone, batch.Bytes.Memory, ct);
            if (unreadable is not null || !JournalBatchHeader.TryRead(batch.Bytes.GetSpan(), state.Uuid, out found))
            {
                batch.Dispose();
                return unreadable is null ? await StopAsync("the next batch is torn", ct) : Break(unreadable);
            }
            batch = batch with { Header = found };
            NewestEpoch = found.Epoch;
            if (LinkOf(batch) is { } next)
            {
                batch.Dispose();
                Follow(next);
                continue;
            }
            NextSequence++;
            _block += (uint)(found.BatchLength / BlockSize);
            return batch;
        }
    }

    private ReadBatch? Stop(string why)
    {
        End = why;
        return null;
    }

    /// <summary>At a block that is no whole batch: the end, or damage.</summary>
    private async ValueTask<ReadBatch?> StopAsync(string why, CancellationToken ct)
    {
        var proof = await new JournalProof(state, NextSequence).FindAsync(_zones[^1], _block, _zones, ct);
        return proof is null ? Stop(why) : Break($"{why}, but batch {proof} proves that batch {NextSequence} was durable");
    }

    private ReadBatch? Break(string problem)
    {
        Damage = $"The journal is damaged at zone {_zones[^1]} block {_block} of tier {_fast.Tier}: {problem}.";
        return Stop("it is damaged");
    }

    /// <summary>Null when the bytes were read, otherwise what is wrong.</summary>
    private async ValueTask<string?> TryReadAsync(int zone, Memory<byte> into, CancellationToken ct)
    {
        try
        {
            await _fast.Device.ReadAsync(new ZoneAddress(new ZoneId(zone), (long)_block * BlockSize), into, ct);
            return null;
        }
        catch (DeviceException failure)
        {
            return failure.Message;
        }
    }

    /// <summary>The zone in which the journal goes on, where a batch says nothing but that.</summary>
    private static int? LinkOf(ReadBatch batch)
    {
        var reader = batch.Read();
        return reader.TryRead(out var mutation) && mutation.Tag == JournalTag.NextZone ? (int)mutation.Number : null;
    }

    private void Follow(int next)
    {
        if (next < DeviceZones.SuperblockZones || next >= _fast.Count || _zones.Contains(next))
            throw new InvalidDataException($"The journal goes on in zone {next}, which cannot be.");
        _zones.Add(next);
        _block = 0;
    }
}
