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
    private readonly List<(MovePiece Piece, uint From)> _staged = [];

    public Copier(VolumeState state)
    {
        _state = state;
        _staging = new Staging(Math.Clamp(state.Journal.TransactionBytesMax / 160, 1, CopyBytes / DeviceZones.BlockSize));
    }

    /// <summary>
    /// Copies the pieces to a device. Their zones must be pinned. Returns the bytes entered, and whether the device ran out of zones; damaged sources are
    /// skipped and their zones marked.
    /// </summary>
    /// <param name="pace">Called before each append with its bytes: where rate limits wait.</param>
    public async ValueTask<(long Bytes, bool IsFull)> CopyAsync(IEnumerable<MovePiece> pieces, int device, Func<int, ValueTask> pace)
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
                var (bytes, isFull) = await PlaceAsync(device, pace);
                moved += bytes;
                if (isFull) return (moved, true);
            }
        }
        var last = await PlaceAsync(device, pace);
        return (moved + last.Bytes, last.IsFull);
    }

    private async ValueTask StageAsync(MovePiece part)
    {
        var from = (uint)_staging.Blocks;
        var into = _staging.Add(part.Inode, part.Source.FileBlock, (int)part.Source.Count);
        if (await _state.Reader.TryReadAsync(part.Source.At, into) is { } problem)
        {
            // Rot is never copied: it would get a fresh, valid checksum. The blocks stay where they are, and reading them says EIO.
            _staging.Undo((int)part.Source.Count);
            StateLog.DataDamaged(
                _state.Log, part.Inode, (long)part.Source.FileBlock * DeviceZones.BlockSize, (long)part.Source.End * DeviceZones.BlockSize, problem);
            lock (_state.Gate) _state.Zones[part.Source.At.Device][part.Source.At.Zone].Damaged = true;
            return;
        }
        _staged.Add((part, from));
    }

    private async ValueTask<(long Bytes, bool IsFull)> PlaceAsync(int device, Func<int, ValueTask> pace)
    {
        var moved = 0L;
        _staging.SealChecksums();
        for (var from = 0; from < _staging.Blocks;)
        {
            await pace((_staging.Blocks - from) * DeviceZones.BlockSize);
            var placed = await TryAppendAsync(device, from);
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
    private async ValueTask<Placed> TryAppendAsync(int device, int from)
    {
        try
        {
            return await _state.Appender.AppendAsync(_state.Appender.MoverStream(device), _staging, from, mayWait: false);
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
        foreach (var (piece, from) in _staged)
        {
            var start = Math.Max(from, placed.From);
            var end = Math.Min(from + piece.Source.Count, placed.From + placed.Count);
            if (start >= end) continue;
            var source = piece.Source.Slice(piece.Source.FileBlock + start - from, piece.Source.FileBlock + end - from);
            blocks += await EnterAsync(piece, source, placed.At.Plus(start - placed.From));
        }
        return blocks * DeviceZones.BlockSize;
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
                    entered += part.Count;
                }
                block = part.End;
            }
            _state.Journal.EndTransaction();
        }
        inode.Lock.ExitExclusive();
        lock (_state.Gate) _state.Inodes.Release(inode);
        return entered;
    }

    public void Dispose() => _staging.Dispose();
}
