using System.Buffers;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// Turns waiting writes into large appends: when a file has enough for one, when its writes are old, when memory is short, or at once for an fsync. Extents are
/// entered only after their bytes were appended, and the stored size grows only with them.
/// </summary>
internal sealed class WriteBack
{
    /// <summary>A file with this much waiting is written back at once, bytes.</summary>
    private const int EagerBytes = 4 << 20;

    /// <summary>Blocks that lie one behind the other in memory and are not copied together with others before they are appended, at least.</summary>
    private const int DirectBlocksMin = 64;

    private const int BlockSize = DeviceZones.BlockSize;

    private readonly VolumeState _state;
    private readonly Placer _placer;
    private readonly AsyncSignal _wanted = new();
    private readonly AsyncSignal _never = new();
    private readonly Queue<Inode> _aged = new();
    private readonly Queue<Inode> _eager = new();
    private readonly List<Inode> _inWork = [];
    private readonly Stack<Staging> _stagings = new();
    private readonly OverwriteSorter _sorter;
    private readonly List<Staging> _allStagings = [];
    private readonly int _stagingBlocks;
    private volatile bool _isHurried;

    public WriteBack(VolumeState state, Placer placer)
    {
        _state = state;
        _placer = placer;
        _sorter = new OverwriteSorter(state);
        // One staged append is one transaction: at worst an extent, two cut neighbours and a checksum for every block.
        _stagingBlocks = Math.Clamp(state.Journal.TransactionBytesMax / 160, 1, EagerBytes / BlockSize);
    }

    /// <summary>Says that a file has something to store. Under the state lock.</summary>
    public void Note(Inode inode)
    {
        if (!inode.IsQueued)
        {
            inode.IsQueued = true;
            inode.References++;
            inode.DirtySince = _state.Now;
            _aged.Enqueue(inode);
        }
        if (inode.Dirty is { } dirty && (long)dirty.Blocks * BlockSize >= EagerBytes && !inode.IsEager)
        {
            inode.IsEager = true;
            inode.References++;
            _eager.Enqueue(inode);
            _wanted.Set();
        }
    }

    /// <summary>Memory or space is short: what waits now does not wait for its age.</summary>
    public void Hurry()
    {
        _isHurried = true;
        _wanted.Set();
    }

    /// <summary>One worker: runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var seen = _wanted.Version;
            if (TryTake(out var inode))
            {
                var error = await StoreAsync(inode);
                lock (_state.Gate) Settle(inode);
                if (error == Errno.Ok) continue;
                // What could not be stored waits again: without a pause it would be tried without end.
                await _never.WaitAsync(_never.Version, _state.Options.CommitInterval / 4, _state.Time, ct);
                continue;
            }
            await _wanted.WaitAsync(seen, _state.Options.CommitInterval / 4, _state.Time, ct);
        }
    }

    private bool TryTake(out Inode inode)
    {
        lock (_state.Gate)
        {
            if (_eager.TryDequeue(out inode!))
            {
                inode.IsEager = false; // the queue's reference is the worker's now
                _inWork.Add(inode);
                return true;
            }
            var old = _state.Now - _state.Options.CommitInterval.Ticks * 100;
            if (!_aged.TryPeek(out inode!)) _isHurried = false;
            if (inode is null || (inode.DirtySince > old && !_isHurried)) return false;
            _aged.Dequeue();
            inode.IsQueued = false;
            _inWork.Add(inode);
            return true;
        }
    }

    private void Settle(Inode inode)
    {
        _inWork.Remove(inode);
        if (inode.IsDirty) Note(inode);
        _state.Inodes.Release(inode);
    }

    /// <summary>Everything that waits anywhere goes to media. Returns the first error.</summary>
    public async ValueTask<Errno> StoreAllAsync()
    {
        List<Inode> inodes;
        lock (_state.Gate)
        {
            inodes = [.. _aged, .. _inWork]; // a worker's file too: its write-back may not have come to what is to be stored
            foreach (var inode in inodes) inode.References++;
        }
        var error = Errno.Ok;
        foreach (var inode in inodes)
        {
            var result = await StoreAsync(inode);
            if (error == Errno.Ok) error = result;
            lock (_state.Gate) _state.Inodes.Release(inode);
        }
        return error;
    }

    /// <summary>Stores what the file has waiting now. The caller holds a reference, not the lock.</summary>
    public async ValueTask<Errno> StoreAsync(Inode inode)
    {
        await inode.WriteBackTurn.EnterExclusiveAsync();
        try
        {
            return await StoreInTurnAsync(inode);
        }
        finally
        {
            inode.WriteBackTurn.ExitExclusive();
        }
    }

    /// <summary>As <see cref="StoreAsync"/>, for the holder of the inode's write-back turn.</summary>
    public async ValueTask<Errno> StoreInTurnAsync(Inode inode)
    {
        // A volume that has failed writes nothing more, and promises nothing.
        if (_state.Failure is not null && inode.IsDirty) return Errno.EIO;
        await inode.Lock.EnterExclusiveAsync();
        var due = Detach(inode);
        inode.Lock.ExitExclusive();
        if (due is not { } plan) return Errno.Ok;
        try
        {
            await StoreBlocksAsync(inode, plan);
            await FinishAsync(inode, plan);
            lock (_state.Gate) _state.MoveRequests.Resume(inode.Number);
            return Errno.Ok;
        }
        catch (DeviceException failure)
        {
            StateLog.WriteBackFailed(_state.Log, inode.Number, failure.Message);
            var error = failure.Error == Errno.ENOSPC ? Errno.ENOSPC : Errno.EIO;
            await TakeBackAsync(inode, error);
            return error; // the inode's own mark may have been told to another caller already
        }
    }

    /// <summary>Makes the waiting blocks the ones being stored; writes go on into a new buffer meanwhile.</summary>
    private StorePlan? Detach(Inode inode)
    {
        lock (_state.Gate)
        {
            if (inode.Unlinked && inode.OpenCount == 0)
            {
                _state.Inodes.DiscardDirty(inode);
                return null;
            }
            if (!inode.IsDirty) return null;
            Invariant.Holds(inode.Flushing is null, "one write-back of a file at a time");
            inode.Flushing = inode.Dirty;
            inode.Dirty = null;
            inode.IsDirty = false;
            var storedSize = _state.Items.TryGetInode(inode.Number, out var record) ? record.Size : 0;
            return new StorePlan(inode.Size, storedSize, inode.ModifyTime, _placer.Place(inode));
        }
    }

    private async ValueTask StoreBlocksAsync(Inode inode, StorePlan plan)
    {
        if (inode.Flushing is not { } buffer) return;
        var blocks = buffer.LineUp();
        var temperatures = ArrayPool<sbyte>.Shared.Rent(blocks.Count);
        try
        {
            var occurring = _sorter.Sort(inode.Number, plan.Target.Device, blocks, temperatures);
            // What is new comes last, as it may make the file longer: a crash on the way must not leave a hole where the old end was written on.
            for (var level = 0; level <= Temperatures.LevelsMax; level++)
            {
                var temperature = level == Temperatures.LevelsMax ? -1 : level;
                if ((occurring & (1 << (temperature + 1))) == 0) continue;
                var alike = plan with { Target = plan.Target with { Temperature = temperature } };
                await StoreAlikeAsync(inode, buffer, blocks, temperatures, alike);
            }
        }
        finally
        {
            ArrayPool<sbyte>.Shared.Return(temperatures);
        }
    }

    /// <summary>Stores the blocks of the plan's temperature.</summary>
    private async ValueTask StoreAlikeAsync(Inode inode, WriteBuffer buffer, IReadOnlyList<HeldBlock> blocks, sbyte[] temperatures, StorePlan plan)
    {
        var gathered = RentStaging();
        var direct = RentStaging();
        try
        {
            for (var i = 0; i < blocks.Count;)
            {
                var count = Neighbours(blocks, i, temperatures);
                if (temperatures[i] != plan.Target.Temperature)
                {
                    i += count;
                    continue;
                }
                if ((count >= DirectBlocksMin || count == blocks.Count) && buffer.Slice(blocks[i], count) is { IsEmpty: false } bytes)
                {
                    var newEnd = (blocks[i].Block + (ulong)count) * BlockSize;
                    if (gathered.Blocks > 0 && newEnd > plan.StoredSize) await AppendAsync(inode, gathered, plan); // as above
                    direct.Lend(bytes);
                    for (var end = i + count; i < end; i++) direct.AddLent(inode.Number, blocks[i].Block, 1);
                    await AppendAsync(inode, direct, plan);
                    continue;
                }
                for (var end = i + count; i < end; i++)
                {
                    buffer.Block(blocks[i].Block).CopyTo(gathered.Add(inode.Number, blocks[i].Block, 1).Span);
                    if (gathered.Room == 0) await AppendAsync(inode, gathered, plan);
                }
            }
            if (gathered.Blocks > 0) await AppendAsync(inode, gathered, plan);
        }
        finally
        {
            ReturnStaging(gathered);
            ReturnStaging(direct);
        }
    }

    /// <summary>How many blocks of one temperature from an index on lie one behind the other in memory, as far as one append goes.</summary>
    private int Neighbours(IReadOnlyList<HeldBlock> blocks, int from, sbyte[] temperatures)
    {
        var count = 1;
        while (count < _stagingBlocks && from + count < blocks.Count
            && temperatures[from + count] == temperatures[from] && blocks[from].Place >= 0 && blocks[from + count].Place == blocks[from].Place + count) count++;
        return count;
    }

    private async ValueTask AppendAsync(Inode inode, Staging staging, StorePlan plan)
    {
        staging.SealChecksums();
        for (var from = 0; from < staging.Blocks;)
        {
            var placed = await _placer.AppendAsync(plan.Target, staging, from);
            await inode.Lock.EnterExclusiveAsync();
            try
            {
                while (!TryEnter(inode, staging, placed, plan)) await _state.Checksums.LoadAsync(placed.At, (int)placed.Count);
            }
            finally
            {
                inode.Lock.ExitExclusive();
                _state.Unpin(placed.At);
            }
            from += (int)placed.Count;
        }
        staging.Clear();
    }

    /// <summary>False when checksum pages must be loaded first; then nothing was changed.</summary>
    private bool TryEnter(Inode inode, Staging staging, Placed placed, StorePlan plan)
    {
        lock (_state.Gate)
        {
            if (!_state.Checksums.TrySet(placed.At, staging.ChecksumsOf(placed))) return false;
            Enter(inode, staging, placed, plan);
            return true;
        }
    }

    private void Enter(Inode inode, Staging staging, Placed placed, StorePlan plan)
    {
        Invariant.Holds(_state.Items.TryGetInode(inode.Number, out var record), "an inode in use has a record");
        _state.Extents.LogChecksums(placed.At, staging.ChecksumsOf(placed));
        foreach (var extent in staging.Extents(placed))
        {
            _state.Extents.DropPromoted(inode.Number, extent.FileBlock, extent.Count);
            record.Blocks = (ulong)((long)record.Blocks + _state.Extents.Insert(ItemKind.Extent, inode.Number, extent));
            record.Size = Math.Max(record.Size, Math.Min(plan.Size, extent.End * BlockSize));
            if (inode.Flushing is not { } buffer) continue;
            // The promise is kept here and now: counted both as promised and as live, space would seem to be gone for a while.
            buffer.NoteStored(extent.FileBlock, extent.End);
            _state.Space.Release(extent.Count);
        }
        _state.Items.PutInode(inode.Number, record);
        _state.Journal.EndTransaction();
        _state.Extents.Reshape();
    }

    private async ValueTask FinishAsync(Inode inode, StorePlan plan)
    {
        await inode.Lock.EnterExclusiveAsync();
        lock (_state.Gate)
        {
            Invariant.Holds(_state.Items.TryGetInode(inode.Number, out var record), "an inode in use has a record");
            record.Size = plan.Size;
            record.ModifyTime = plan.ModifyTime;
            record.ChangeTime = Math.Max(record.ChangeTime, plan.ModifyTime);
            _state.Items.PutInode(inode.Number, record);
            _state.Journal.EndTransaction();
            inode.StoredInBatch = _state.Journal.LastSequence;
            ReturnFlushing(inode);
        }
        inode.Lock.ExitExclusive();
    }

    private void ReturnFlushing(Inode inode)
    {
        if (inode.Flushing is not { } buffer) return;
        _state.Space.Release(buffer.Blocks - buffer.StoredBlocks);
        _state.Space.ReturnBuffer(buffer);
        inode.Flushing = null;
    }

    /// <summary>The blocks could not be stored: they wait again, and the next fsync or close of each open file hears of it.</summary>
    private async ValueTask TakeBackAsync(Inode inode, Errno error)
    {
        await inode.Lock.EnterExclusiveAsync();
        lock (_state.Gate)
        {
            inode.NoteWriteFailure(error);
            if (inode.Flushing is { } older)
            {
                var memory = older.MemoryBytes;
                older.DropStored();
                _state.Space.CountMemory(older.MemoryBytes - memory);
                var dirty = inode.Dirty ??= _state.Space.RentBuffer();
                _state.Space.Release(dirty.TakeOver(older));
                _state.Space.ReturnBuffer(older);
                inode.Flushing = null;
            }
            inode.IsDirty = true;
            Note(inode);
        }
        inode.Lock.ExitExclusive();
    }

    private Staging RentStaging()
    {
        lock (_state.Gate)
        {
            if (_stagings.TryPop(out var spare)) return spare;
            var staging = new Staging(_stagingBlocks);
            _allStagings.Add(staging);
            return staging;
        }
    }

    private void ReturnStaging(Staging staging)
    {
        staging.Clear();
        lock (_state.Gate) _stagings.Push(staging);
    }

    public void Dispose()
    {
        foreach (var staging in _allStagings) staging.Dispose();
    }

    private readonly record struct StorePlan(ulong Size, ulong StoredSize, long ModifyTime, PlacementTarget Target);
}
