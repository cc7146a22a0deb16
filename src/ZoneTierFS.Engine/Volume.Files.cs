using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>Open files.</summary>
public sealed partial class Volume
{
    /// <summary>The largest file, bytes: 2^52 - 4096, so that block numbers and offsets never overflow.</summary>
    public const ulong FileBytesMax = (1ul << 52) - DeviceZones.BlockSize;

    /// <summary>Opens a regular file; the value is a handle for the calls below.</summary>
    public async ValueTask<Result<ulong>> OpenFileAsync(ulong inode, OpenFlags flags)
    {
        var writes = (flags & (OpenFlags.Write | OpenFlags.Truncate)) != 0;
        if (writes && _state.Options.ReadOnly) return Errno.EROFS;
        Inode? active;
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
            if (FileMode.IsDirectory(record.Mode)) return Errno.EISDIR;
            if (!FileMode.IsRegular(record.Mode)) return Errno.EINVAL;
            if (writes && IsImmutable(record)) return Errno.EPERM;
            if (_state.Impossible.IsHurt(inode)) return Errno.EIO;
            active = _state.Inodes.Acquire(inode)!;
            active.OpenCount++;
            if (writes) active.WriterCount++;
            if (writes) Unseal(inode, record);
        }
        if ((flags & OpenFlags.Truncate) != 0)
        {
            var error = await _writer.ResizeAsync(active, 0, (flags & OpenFlags.KillSetId) != 0);
            if (error != Errno.Ok)
            {
                await CloseAsync(active, writes);
                return error;
            }
        }
        lock (_state.Gate) return _files.Add(new OpenFile(active, writes, notesAccess: (flags & OpenFlags.NoAccessTime) == 0));
    }

    private void Unseal(ulong inode, InodeRecord record)
    {
        if ((record.Flags & InodeFlags.Sealed) == 0) return;
        record.Flags &= ~InodeFlags.Sealed;
        _state.Items.PutInode(inode, record);
        _state.Journal.EndTransaction();
    }

    /// <summary>Bytes read, less than asked only at the end of the file. EIO where the bytes on media are damaged: never wrong bytes.</summary>
    /// <param name="into">Page-aligned memory of a whole number of blocks, at a block-aligned offset, is read into without a copy.</param>
    public async ValueTask<Result<int>> ReadAsync(ulong handle, long offset, Memory<byte> into)
    {
        if (_files.Get(handle) is not { } file) return Errno.EBADF;
        if (offset < 0) return Errno.EINVAL;
        var inode = file.Inode;
        _state.NoteForeground();
        var isStream = file.Stream.Enter(offset, into.Length);
        await inode.Lock.EnterSharedAsync();
        try
        {
            if ((ulong)offset >= inode.Size || into.IsEmpty) return 0;
            var count = (int)Math.Min((ulong)into.Length, inode.Size - (ulong)offset);
            var first = (ulong)offset / DeviceZones.BlockSize;
            var blocks = (int)(((ulong)offset + (ulong)count - 1) / DeviceZones.BlockSize - first + 1);
            if (isStream) _state.ReadAhead.Extend(file.Stream, inode, first + (ulong)blocks);
            var isDirect = offset % DeviceZones.BlockSize == 0 && into.Length >= blocks * DeviceZones.BlockSize;
            var error = isDirect
                ? await _state.Reader.ReadBlocksAsync(inode, first, into[..(blocks * DeviceZones.BlockSize)])
                : await ReadBouncedAsync(inode, first, blocks, (int)(offset % DeviceZones.BlockSize), into[..count]);
            if (error != Errno.Ok) return error;
            _state.Counters.CountRead(count);
            lock (_state.Gate)
            {
                _state.Heat.Record(inode.Number, offset, count, _state.Now);
                if (file.NotesAccess) NoteAccess(inode);
            }
            return count;
        }
        finally
        {
            inode.Lock.ExitShared();
            file.Stream.Exit();
        }
    }

    private async ValueTask<Errno> ReadBouncedAsync(Inode inode, ulong first, int blocks, int skip, Memory<byte> into)
    {
        using var bounce = new AlignedMemory(blocks * DeviceZones.BlockSize);
        var error = await _state.Reader.ReadBlocksAsync(inode, first, bounce.Memory);
        if (error == Errno.Ok) bounce.Memory.Slice(skip, into.Length).CopyTo(into);
        return error;
    }

    /// <summary>Writes all of the data or, on error, none of it. ENOSPC when live data fills the volume; EFBIG, EBADF, EIO.</summary>
    /// <param name="append">Write at the end of the file instead of the offset.</param>
    /// <param name="interrupted">Cancelled while the write waits for room, it ends the waiting with EINTR.</param>
    public async ValueTask<Result<int>> WriteAsync(
        ulong handle, long offset, ReadOnlyMemory<byte> data, bool append, bool killSetId, CancellationToken interrupted = default)
    {
        if (_files.Get(handle) is not { CanWrite: true } file) return Errno.EBADF;
        _state.NoteForeground();
        var room = await RoomAsync(interrupted);
        return room == Errno.Ok ? await _writer.WriteAsync(file.Inode, offset, data, append, killSetId, interrupted) : room;
    }

    public async ValueTask ReleaseAsync(ulong handle)
    {
        if (_files.Remove(handle) is { } file) await CloseAsync(file.Inode, file.CanWrite);
    }

    private async ValueTask CloseAsync(Inode inode, bool couldWrite)
    {
        bool wasWritten;
        lock (_state.Gate)
        {
            if (couldWrite) inode.WriterCount--;
            wasWritten = couldWrite && inode is { WriterCount: 0, WasWritten: true, Unlinked: false };
            if (wasWritten) inode.WasWritten = false;
        }
        if (wasWritten) await _state.Placer.ReclassifyAsync(inode.Number);
        lock (_state.Gate)
        {
            inode.OpenCount--;
            if (inode.WriterCount == 0 && couldWrite)
            {
                _state.Placer.Seal(inode.Number);
                _state.MoveRequests.Resume(inode.Number);
            }
            _state.Inodes.Release(inode);
        }
    }

    /// <summary>Changes a range without writing data. EOPNOTSUPP for nothing: every mode of the enumeration is served.</summary>
    /// <param name="interrupted">Cancelled while this waits for room, it ends the waiting with EINTR.</param>
    public async ValueTask<Errno> AllocateAsync(ulong handle, AllocateMode mode, long offset, long length, CancellationToken interrupted = default)
    {
        if (_files.Get(handle) is not { CanWrite: true } file) return Errno.EBADF;
        if (offset < 0 || length <= 0) return Errno.EINVAL;
        var end = (ulong)offset + (ulong)length;
        if (end > FileBytesMax) return Errno.EFBIG;
        if (file.Inode.IsImmutable) return Errno.EPERM;
        var room = await RoomAsync(interrupted);
        if (room != Errno.Ok) return room;
        if (mode is AllocateMode.PunchHole or AllocateMode.ZeroRange or AllocateMode.ZeroRangeKeepSize)
        {
            var error = await _writer.ZeroAsync(file.Inode, (ulong)offset, end, grows: mode == AllocateMode.ZeroRange, interrupted);
            return error == Errno.Ok ? await _writer.TouchAsync(file.Inode) : error;
        }
        if (await HasSpaceAsync(length, interrupted) is var full and not Errno.Ok) return full;
        if (mode == AllocateMode.Extend && await _writer.ExtendAsync(file.Inode, end, interrupted) is var refused and not Errno.Ok) return refused;
        return await _writer.TouchAsync(file.Inode);
    }

    /// <summary>Appends never overwrite in place, so nothing can be set aside for a file; but a range that cannot fit is refused.</summary>
    private async ValueTask<Errno> HasSpaceAsync(long bytes, CancellationToken interrupted)
    {
        var blocks = bytes / DeviceZones.BlockSize + 1;
        lock (_state.Gate)
            if (blocks > _state.Space.Total) return Errno.ENOSPC;
        var error = await _state.Space.ReserveAsync((int)blocks, interrupted);
        if (error != Errno.Ok) return error;
        lock (_state.Gate) _state.Space.Release(blocks);
        return Errno.Ok;
    }

    /// <summary>The next data (or hole) at or after the offset, as lseek's SEEK_DATA and SEEK_HOLE; ENXIO beyond the end.</summary>
    public async ValueTask<Result<long>> SeekAsync(ulong handle, long offset, bool hole)
    {
        if (_files.Get(handle) is not { } file) return Errno.EBADF;
        await file.Inode.Lock.EnterSharedAsync();
        try
        {
            return Seek(file.Inode, offset, hole);
        }
        finally
        {
            file.Inode.Lock.ExitShared();
        }
    }

    private Result<long> Seek(Inode inode, long offset, bool hole)
    {
        if (offset < 0 || (ulong)offset >= inode.Size) return Errno.ENXIO;
        var end = BlocksFor(inode.Size);
        for (var block = (ulong)offset / DeviceZones.BlockSize; block < end;)
        {
            var count = _state.Reader.RunFrom(inode, block, end, out var isData);
            if (isData != hole) return Math.Max(offset, (long)block * DeviceZones.BlockSize);
            block += count;
        }
        return hole ? (long)inode.Size : Errno.ENXIO;
    }
}
