using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Moving;

/// <summary>
/// Copies blocks to another place and enters the copies: promotion, demotion and cleaning are all this. No file is locked while it copies; a copy of blocks
/// that changed meanwhile is simply not entered. Used by one mover.
/// </summary>
internal sealed class Copier : IDisposable
{
    private const int CopyBytes = 1 << 20;

    private readonly VolumeState _state;
    private readonly Staging _staging;
    private readonly List<(MovePiece Piece, uint From, bool IsHealed)> _staged = [];

    public Copier(VolumeState state)
    {
        _state = state;
        _staging = new Staging(Math.Clamp(state.Journal.TransactionBytesMax / 160, 1, CopyBytes / DeviceZones.BlockSize));
    }

    /// <summary>
    /// Copies the pieces to a device. Their zones must be pinned. Returns the bytes entered, and whether the device ran out of zones; damaged sources are
    /// skipped and their zones marked, but for those that are restored from their clean copy.
    /// </summary>
    /// <param name="cause">What the copies are counted as.</param>
    /// <param name="pace">Called before each append with its bytes: where rate limits wait.</param>
    /// <param name="temperature">The level of users' zones that the copies join as long as there is room beyond the reserve; -1 for none.</param>
    public async ValueTask<(long Bytes, bool IsFull)> CopyAsync(
        IEnumerable<MovePiece> pieces, int device, WriteCause cause, Func<int, ValueTask> pace, int temperature = -1)
    {
        var moved = 0L;
        _staging.Clear();
        _staged.Clear();
        foreach (var piece in pieces)
        {
            for (uint done = 0; done < piece.Source.Count;)
            {
                var count = Math.Min(piece.Source.Count - done, (uint)_staging.Room);
                var part = piece with { Source = piece.Source.Slice(piece.Source.FileBlock + done, piece.Source.FileBlock + done + count) };
                await StageAsync(part);
                done += count;
                if (_staging.Room > 0) continue;
                var (bytes, isFull) = await PlaceAsync(device, cause, pace, temperature);
                moved += bytes;
                if (isFull) return (moved, true);
            }
        }
        var last = await PlaceAsync(device, cause, pace, temperature);
        return (moved + last.Bytes, last.IsFull);
    }

    private async ValueTask StageAsync(MovePiece part)
    {
        var from = (uint)_staging.Blocks;
        var into = _staging.Add(part.Inode, part.Source.FileBlock, (int)part.Source.Count);
        var problem = await _state.Reader.TryReadAsync(part.Source.At, into);
        var isHealed = problem is not null && await TryReadCopyAsync(part, into);
        if (problem is null || isHealed)
        {
            _staged.Add((part, from, isHealed));
            return;
        }
        // Rot is never copied: it would get a fresh, valid checksum. The blocks stay where they are, and reading them says EIO; their neighbours may go.
        _staging.Undo((int)part.Source.Count);
        if (part.Source.Count > 1 && !_state.Zones[part.Source.At.Device].IsLost)
        {
            for (var block = part.Source.FileBlock; block < part.Source.End; block++)
                await StageAsync(part with { Source = part.Source.Slice(block, block + 1) });
            return;
        }
        if (part.From == ItemKind.Extent) _state.Damage.Note(part.Inode, part.Source, problem);
        else _state.Reader.DropCopy(part.Inode, part.Source);
        lock (_state.Gate) _state.Zones[part.Source.At.Device][part.Source.At.Zone].Damaged = true;
    }

    /// <summary>Reads from the clean copy what could not be read where it belongs: as long as the file points there, both are the same bytes.</summary>
    private async ValueTask<bool> TryReadCopyAsync(MovePiece part, Memory<byte> into)
    {
        if (part.From != ItemKind.Extent) return false;
        for (var block = part.Source.FileBlock; block < part.Source.End;)
        {
            Extent run;
            lock (_state.Gate)
            {
                if (!_state.Extents.TryFind(ItemKind.Promoted, part.Inode, block, out var copy)) return false;
                if (!_state.Extents.TryFind(ItemKind.Extent, part.Inode, block, out var now)
                    || now.Slice(block, block + 1).At != part.Source.Slice(block, block + 1).At) return false;
                run = copy.Slice(block, Math.Min(Math.Min(copy.End, now.End), part.Source.End));
                _state.Zones[run.At.Device][run.At.Zone].Pins++;
            }
            var where = into.Slice((int)(block - part.Source.FileBlock) * DeviceZones.BlockSize, (int)run.Count * DeviceZones.BlockSize);
            if (await _state.Reader.TryReadPinnedAsync(run.At, where) is not null) return false;
            block = run.End;
        }
        return true;
    }

    private async ValueTask<(long Bytes, bool IsFull)> PlaceAsync(int device, WriteCause cause, Func<int, ValueTask> pace, int temperature)
    {
        var moved = 0L;
        _staging.SealChecksums();
        for (var from = 0; from < _staging.Blocks;)
        {
            await pace((_staging.Blocks - from) * DeviceZones.BlockSize);
            var placed = await TryAppendAsync(device, from, cause, temperature);
            if (placed.Count == 0) return (moved, true);
            try
            {
                moved += await EnterAsync(placed);
            }
            catch (DeviceException failure)
            {
                // A page of checksums that cannot be read: nothing is entered without them, and as above the source is still there.
                StateLog.OperationFailed(_state.Log, $"Moving to tier {_state.Zones[device].Tier}", failure.Message);
                return (moved, true);
            }
            finally
            {
                _state.Unpin(placed.At);
            }
            from += (int)placed.Count;
        }
        _staging.Clear();
        _staged.Clear();
        return (moved, false);
    }

    /// <summary>Count 0 where the device takes nothing more: no move is worth stopping the volume, as the source is still there.</summary>
    private async ValueTask<Placed> TryAppendAsync(int device, int from, WriteCause cause, int temperature)
    {
        try
        {
            var alike = temperature < 0 ? default : await _state.Appender.AppendAlikeAsync(device, temperature, _staging, from, cause);
            return alike.Count > 0 ? alike : await _state.Appender.AppendAsync(_state.Appender.MoverStream(device), _staging, from, cause, mayWait: false);
        }
        catch (DeviceException failure)
        {
            StateLog.OperationFailed(_state.Log, $"Moving to tier {_state.Zones[device].Tier}", failure.Message);
            return default;
        }
    }

    private async ValueTask<long> EnterAsync(Placed placed)
    {
        while (!TrySetChecksums(placed)) await _state.Checksums.LoadAsync(placed.At, (int)placed.Count);
        var blocks = 0L;
        foreach (var (piece, from, isHealed) in _staged)
        {
            var start = Math.Max(from, placed.From);
            var end = Math.Min(from + piece.Source.Count, placed.From + placed.Count);
            if (start >= end) continue;
            var source = piece.Source.Slice(piece.Source.FileBlock + start - from, piece.Source.FileBlock + end - from);
            var entered = await EnterAsync(piece, source, placed.At.Plus(start - placed.From));
            if (isHealed && entered > 0) NoteHealed(piece.Inode, source);
            blocks += entered;
        }
        return blocks * DeviceZones.BlockSize;
    }

    private void NoteHealed(ulong inode, Extent source)
    {
        var (start, end) = ((long)source.FileBlock * DeviceZones.BlockSize, (long)source.End * DeviceZones.BlockSize);
        StateLog.Healed(_state.Log, inode, start, end, _state.Zones[source.At.Device].Tier);
        _state.Counters.CountHealed(end - start);
    }

    private bool TrySetChecksums(Placed placed)
    {
        lock (_state.Gate)
        {
            if (!_state.Checksums.TrySet(placed.At, _staging.ChecksumsOf(placed))) return false;
            _state.Extents.LogChecksums(placed.At, _staging.ChecksumsOf(placed));
            _state.Journal.EndTransaction();
            return true;
        }
    }

    /// <summary>Points the file at the copy, where it still points at the source: a write that came in between wins.</summary>
    private async ValueTask<long> EnterAsync(MovePiece piece, Extent source, Location copy)
    {
        Inode? inode;
        lock (_state.Gate) inode = _state.Inodes.Acquire(piece.Inode);
        if (inode is null) return 0;
        await inode.Lock.EnterExclusiveAsync();
        long entered = 0;
        lock (_state.Gate)
        {
            for (var block = source.FileBlock; block < source.End;)
            {
                if (!_state.Extents.TryFindFrom(piece.From, piece.Inode, block, out var now) || now.FileBlock >= source.End) break;
                var part = now.Slice(Math.Max(block, now.FileBlock), Math.Min(source.End, now.End));
                var offset = (uint)(part.FileBlock - source.FileBlock);
                if (part.At == source.At.Plus(offset))
                {
                    _state.Extents.Insert(piece.Into, piece.Inode, part with { At = copy.Plus(offset) });
                    if (copy.Device == part.At.Device)
                        _state.Zones[copy.Device].Temperatures.Copied(part.At.Zone, part.At.Block, copy.Zone, copy.Block + offset, part.Count);
                    entered += part.Count;
                }
                block = part.End;
            }
            _state.Journal.EndTransaction();
            _state.Extents.Reshape();
        }
        inode.Lock.ExitExclusive();
        lock (_state.Gate) _state.Inodes.Release(inode);
        return entered;
    }

    public void Dispose() => _staging.Dispose();
}
