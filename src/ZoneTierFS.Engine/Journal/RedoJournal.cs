using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// The redo log of metadata. Operations add mutations under the state lock; a commit makes whole batches of them durable, after the data that they point
/// at or, where little of it lies on the journal's own device, in one flush with it. Concurrent callers share one commit.
/// </summary>
internal sealed class RedoJournal : IDisposable
{
    private const int SpareMax = 2;

    /// <summary>Data that may share a flush with its batches, blocks: as much as recovery may have to read to find out whether it is there.</summary>
    private const int SharedBlocksMax = 4096;

    private readonly VolumeState _state;
    private readonly DeviceZones _fast;
    private readonly Queue<JournalBatch> _pending = new();
    private readonly Stack<JournalBatch> _spare = new();
    private readonly List<int> _zones = [];
    private int _zone = -1;

    public RedoJournal(VolumeState state)
    {
        _state = state;
        _fast = state.Zones[0];
        BatchBytesMax = (int)Math.Min(4L << 20, (_fast.CapacityBlocks - 2L) / 2 * DeviceZones.BlockSize);
        TransactionBytesMax = BatchBytesMax / 4;
        Current = new JournalBatch(1);
    }

    /// <summary>The longest batch on media, bytes, header included.</summary>
    public int BatchBytesMax { get; }

    /// <summary>What the mutations of one critical section may add up to, bytes.</summary>
    public int TransactionBytesMax { get; }

    /// <summary>The turn to write to the journal, its own lock before the state lock: held by the committer or by a checkpoint.</summary>
    public AsyncLock Turn { get; } = new(LockRank.JournalTurn);

    /// <summary>Fires when a checkpoint has made the journal short again.</summary>
    public AsyncSignal Shrunk { get; } = new();

    /// <summary>Fires when the journal has become so long that a checkpoint is due.</summary>
    public AsyncSignal Long { get; } = new();

    /// <summary>The batch that mutations go into now.</summary>
    public JournalBatch Current { get; private set; }

    public ulong DurableSequence { get; private set; }

    /// <summary>Batches up to here count at recovery without a look at the data that they point at.</summary>
    public ulong ConfirmedSequence { get; private set; }
    public ulong Epoch { get; private set; }
    public ulong Commits { get; private set; }

    /// <summary>Bytes on media that a recovery would replay.</summary>
    public long BytesSinceCheckpoint { get; private set; }

    /// <summary>The newest batch with a mutation in it: what a sync must wait for.</summary>
    public ulong LastSequence => Current.IsEmpty ? Current.Sequence - 1 : Current.Sequence;

    /// <param name="confirmed">The last batch that counts at every recovery until a checkpoint makes the journal needless.</param>
    public void Start(ulong epoch, ulong nextSequence, ulong confirmed)
    {
        Epoch = epoch;
        DurableSequence = nextSequence - 1;
        ConfirmedSequence = confirmed;
        Current.Restart(nextSequence);
    }

    /// <summary>The zones that recovery has replayed: needed until the first checkpoint is published.</summary>
    public void Inherit(IReadOnlyList<int> zones)
    {
        _zones.AddRange(zones);
        _fast.JournalZones = _zones.Count;
    }

    /// <summary>Waits while the journal is so long that a checkpoint must catch up first; EIO once the volume has failed.</summary>
    public async ValueTask<Errno> RoomAsync(CancellationToken interrupted = default)
    {
        LockOrder.RequireNone("while journal room is waited for");
        while (_state.Failure is null)
        {
            var seen = Shrunk.Version;
            if (BytesSinceCheckpoint <= _state.JournalBytesHardMax) return Errno.Ok;
            if (interrupted.IsCancellationRequested) return Errno.EINTR;
            Long.Set();
            await Shrunk.WaitAsync(seen, TimeSpan.FromSeconds(1), _state.Time, interrupted);
        }
        return Errno.EIO;
    }

    /// <summary>Ends a critical section: what it added stays together in one batch. Under the state lock.</summary>
    public void EndTransaction()
    {
        Invariant.Holds(Current.Length <= BatchBytesMax, "a transaction keeps to its size");
        if (Current.Length > BatchBytesMax - TransactionBytesMax) SealCurrent();
    }

    /// <summary>Makes everything up to a batch durable (at most what there is): data first, then the batches.</summary>
    public async ValueTask<Errno> CommitAsync(ulong sequence)
    {
        lock (_state.Gate) sequence = Math.Min(sequence, LastSequence);
        if (DurableSequence >= sequence) return Errno.Ok;
        if (_state.Failure is not null) return Errno.EIO;
        await Turn.EnterExclusiveAsync();
        try
        {
            if (DurableSequence >= sequence) return Errno.Ok;
            if (_state.Failure is not null) return Errno.EIO;
            return await CommitPendingAsync(confirms: false);
        }
        finally
        {
            Turn.ExitExclusive();
        }
    }

    /// <summary>Makes everything durable, and recovery certain of it: what the last batches freed may be overwritten after that.</summary>
    public async ValueTask<Errno> ConfirmAsync()
    {
        if (IsConfirmed()) return Errno.Ok;
        if (_state.Failure is not null) return Errno.EIO;
        await Turn.EnterExclusiveAsync();
        try
        {
            if (IsConfirmed()) return Errno.Ok;
            return _state.Failure is null ? await CommitPendingAsync(confirms: true) : Errno.EIO;
        }
        finally
        {
            Turn.ExitExclusive();
        }

        bool IsConfirmed()
        {
            lock (_state.Gate) return ConfirmedSequence >= LastSequence;
        }
    }

    /// <param name="confirms">Flush the data first, and write a batch even if there is nothing to put into it.</param>
    private async ValueTask<Errno> CommitPendingAsync(bool confirms)
    {
        using var doing = _state.Activities.Enter(Activity.Commit);
        try
        {
            var batches = TakePending(evenIfEmpty: confirms);
            var isShared = !confirms && MayShareFlush();
            foreach (var zones in _state.Zones)
                if (!isShared || zones != _fast) await FlushDataAsync(zones);
            foreach (var batch in batches) await AppendAsync(batch, isShared ? JournalBatchHeader.SharedFlush : 0);
            if (isShared)
                lock (_state.Gate) _fast.UnflushedBlocks = 0;
            await FlushAsync(_fast);
            lock (_state.Gate)
            {
                ConfirmedSequence = Math.Max(ConfirmedSequence, isShared ? DurableSequence : batches[^1].Sequence);
                DurableSequence = Math.Max(DurableSequence, batches[^1].Sequence);
                Commits++;
                Recycle(batches);
            }
            if (BytesSinceCheckpoint > _state.JournalBytesMax) Long.Set();
            return Errno.Ok;
        }
        catch (DeviceException failure)
        {
            // A batch that did not reach the journal must not be skipped by later ones. Memory has its effects: a checkpoint makes them durable without it.
            await LeaveZoneAsync(failure);
            return await _state.Checkpointer.TryRunAsync(failure) ? Errno.Ok : Errno.EIO;
        }
    }

    /// <summary>
    /// Data on the journal's own device need not be flushed before the batches that point at it: one flush makes both durable, and nothing is promised before.
    /// </summary>
    private bool MayShareFlush()
    {
        lock (_state.Gate) return _fast.UnflushedBlocks is > 0 and <= SharedBlocksMax;
    }

    private async ValueTask LeaveZoneAsync(DeviceException failure)
    {
        var left = _zone;
        _zone = -1;
        if (left < 0 || _state.Failure is not null) return;
        try
        {
            await _state.Reclaimer.AbandonAsync(_fast, left, failure);
        }
        catch (DeviceException again)
        {
            await _state.Checkpointer.GiveUpAsync($"the journal's device answers no more: {again.Message}");
        }
    }

    /// <summary>Takes all batches, the current one too. The caller holds the turn.</summary>
    public List<JournalBatch> TakePending(bool evenIfEmpty = false)
    {
        lock (_state.Gate)
        {
            if (!Current.IsEmpty || (evenIfEmpty && _pending.Count == 0)) SealCurrent();
            var batches = _pending.ToList();
            _pending.Clear();
            return batches;
        }
    }

    /// <summary>Gives batches back that are durable, one way or the other. Under the state lock.</summary>
    public void Recycle(List<JournalBatch> batches)
    {
        foreach (var batch in batches)
        {
            if (_spare.Count < SpareMax) _spare.Push(batch);
            else batch.Dispose();
        }
    }

    /// <summary>No durable record may point at bytes that are not: flushes every device with unflushed data.</summary>
    /// <param name="withoutFirst">The first device answers no more.</param>
    public async ValueTask FlushDataAsync(bool withoutFirst = false)
    {
        foreach (var zones in _state.Zones)
            if (!withoutFirst || zones != _fast) await FlushDataAsync(zones);
    }

    private async ValueTask FlushDataAsync(DeviceZones zones)
    {
        bool unflushed;
        lock (_state.Gate)
        {
            unflushed = zones.UnflushedBlocks > 0;
            zones.UnflushedBlocks = 0;
        }
        if (unflushed && _state.Planted != PlantedBug.UnflushedData) await FlushAsync(zones);
    }

    /// <summary>After a failed flush nobody knows what the device has kept, and a later one that succeeds does not tell: the volume stops.</summary>
    private async ValueTask FlushAsync(DeviceZones zones)
    {
        try
        {
            await zones.Device.FlushAsync(CancellationToken.None);
        }
        catch (DeviceException failure)
        {
            _state.Fail($"a flush of tier {zones.Tier} failed: {failure.Message}");
            throw;
        }
    }

    /// <summary>What comes next goes into another batch. Under the state lock.</summary>
    public void SealCurrent()
    {
        var next = _spare.Count > 0 ? _spare.Pop() : new JournalBatch(0);
        next.Restart(Current.Sequence + 1);
        _pending.Enqueue(Current);
        Current = next;
    }

    private async ValueTask AppendAsync(JournalBatch batch, uint flags)
    {
        await RollAsync(batch.Sequence, batch.Length / DeviceZones.BlockSize);
        await AppendAsync(batch.Mutations.Complete(_state.Uuid, batch.Sequence, Epoch, flags, DurableSequence));
    }

    /// <summary>Goes on in a new zone when the batch and one more block for the next link do not fit any more.</summary>
    private async ValueTask RollAsync(ulong sequence, int blocks)
    {
        if (_zone >= 0)
        {
            lock (_state.Gate)
                if (_fast[_zone].Written + blocks + 1 <= _fast.CapacityBlocks) return;
        }
        int next;
        lock (_state.Gate)
        {
            if (!_fast.TryTake(ZonePurpose.Metadata, ZoneUse.Journal, out next))
                throw new DeviceException(Errno.ENOSPC, $"Tier {_fast.Tier} has no zone left for the journal.");
            _fast[next].Owned = true;
        }
        if (_zone >= 0)
        {
            // The link has the sequence of the batch that follows it: it is not one of its own.
            using var link = new JournalWriter(DeviceZones.BlockSize);
            link.NextZone((uint)next);
            await AppendAsync(link.Complete(_state.Uuid, sequence, Epoch));
            await FinishAsync(_zone);
        }
        lock (_state.Gate)
        {
            _zone = next;
            _zones.Add(next);
            _fast.JournalZones = _zones.Count;
        }
    }

    private async ValueTask FinishAsync(int zone)
    {
        bool full;
        lock (_state.Gate) full = _fast[zone].Written == _fast.CapacityBlocks;
        if (!full) await _state.Reclaimer.FinishAsync(_fast, zone);
    }

    private async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes)
    {
        var appendMax = _fast.AppendBlocksMax * DeviceZones.BlockSize;
        for (var at = 0; at < bytes.Length; at += appendMax)
        {
            var part = bytes.Slice(at, Math.Min(appendMax, bytes.Length - at));
            await _fast.Device.AppendAsync(new ZoneId(_zone), part, CancellationToken.None);
            _fast.Meter.Count(WriteCause.Metadata, part.Length);
            lock (_state.Gate) _fast[_zone].Written += (uint)(part.Length / DeviceZones.BlockSize);
        }
        BytesSinceCheckpoint += bytes.Length;
    }

    /// <summary>Where the next batch will go: what a checkpoint records as the start of the replay. The caller holds the turn.</summary>
    public async ValueTask<Location> PositionAsync(ulong nextSequence)
    {
        if (_zone < 0) await RollAsync(nextSequence, 1);
        lock (_state.Gate) return new Location(0, _zone, _fast[_zone].Written);
    }

    /// <summary>A checkpoint is published: all batches up to a sequence are durable without the journal, and its older zones are free.</summary>
    public void Truncate(ulong sequence)
    {
        lock (_state.Gate)
        {
            DurableSequence = Math.Max(DurableSequence, sequence);
            ConfirmedSequence = Math.Max(ConfirmedSequence, sequence);
            foreach (var zone in _zones.Where(zone => zone != _zone)) Retire(zone);
            _zones.RemoveAll(zone => zone != _zone);
            _fast.JournalZones = _zones.Count;
            BytesSinceCheckpoint = 0;
        }
        Shrunk.Set();
    }

    public void Dispose()
    {
        Current.Dispose();
        foreach (var batch in _pending) batch.Dispose();
        foreach (var batch in _spare) batch.Dispose();
    }

    private void Retire(int zone)
    {
        _fast[zone].Use = ZoneUse.Full;
        _fast[zone].Owned = false;
    }
}
