using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>Files without a name, copies within the volume, and flags.</summary>
public sealed partial class Volume
{
    /// <summary>
    /// Makes a regular file without a name and opens it, for O_TMPFILE. <see cref="LinkAsync"/> can give it one; without, it is deleted when its last handle is
    /// released or, after a crash, when the volume is opened. EROFS, ENOENT, ENOTDIR, ENOSPC, EPERM in an immutable directory, EIO.
    /// </summary>
    /// <param name="parent">The directory whose rules for new files apply.</param>
    public async ValueTask<Result<UnnamedFile>> CreateUnnamedAsync(ulong parent, uint mode, FileCaller caller)
    {
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        lock (_state.Gate)
        {
            if (!TryGetDirectory(parent, out var directory, out var error)) return error;
            if (directory.LinkCount == 0) return Errno.ENOENT;
            if (IsImmutable(directory)) return Errno.EPERM;
            if (!HasInodeRoom()) return Errno.ENOSPC;
            var number = _state.NextInode++;
            var asked = (mode & FileMode.PermissionMask) | FileMode.S_IFREG;
            var record = NewRecord(parent, directory, _state.Lists.ModeOfNew(parent, asked, caller.Umask), caller, _state.Now);
            _state.Items.PutInode(number, record);
            _state.Lists.Inherit(parent, number, asked);
            // Until it has a name a crash must not leak it.
            _state.Items.Put(ItemKeys.Of(0, ItemKind.Orphan, number), []);
            _state.InodeCount++;
            _state.Placer.ClassifyByName(number);
            var active = _state.Inodes.Acquire(number)!;
            active.OpenCount++;
            active.WriterCount++;
            _state.Journal.EndTransaction();
            return new UnnamedFile(GetStatusLocked(number).Value, _files.Add(new OpenFile(active, canWrite: true, notesAccess: true)));
        }
    }

    /// <summary>
    /// Copies bytes of an open file to another, or within one; the number of bytes, less than asked at the end of the source and in long copies. EINVAL
    /// where the ranges overlap, EFBIG, EBADF, ENOSPC, EPERM, and EIO where the source is damaged.
    /// </summary>
    /// <param name="killSetId">Clear the target's set-ID bits, because the caller is not privileged.</param>
    /// <param name="interrupted">Cancelled while the copy waits for room, it ends the copy.</param>
    public async ValueTask<Result<long>> CopyRangeAsync(
        ulong sourceHandle, long sourceOffset, ulong targetHandle, long targetOffset, long length, bool killSetId, CancellationToken interrupted = default)
    {
        if (_files.Get(sourceHandle) is not { } source || _files.Get(targetHandle) is not { CanWrite: true } target) return Errno.EBADF;
        if (sourceOffset < 0 || targetOffset < 0 || length < 0) return Errno.EINVAL;
        if (length > long.MaxValue - Math.Max(sourceOffset, targetOffset)) return Errno.EFBIG;
        _state.NoteForeground();
        var room = await RoomAsync(interrupted);
        if (room != Errno.Ok) return room;
        return await _copier.CopyAsync(source.Inode, sourceOffset, target.Inode, targetOffset, length, killSetId, interrupted);
    }

    public Result<FileFlags> GetFlags(ulong inode)
    {
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
            return IsImmutable(record) ? FileFlags.Immutable : FileFlags.None;
        }
    }

    /// <summary>Sets the flags of a file or directory to exactly these. EOPNOTSUPP for flags that are not known, and for other kinds of inodes.</summary>
    public async ValueTask<Errno> SetFlagsAsync(ulong inode, FileFlags flags)
    {
        if ((flags & ~FileFlags.Immutable) != 0) return Errno.EOPNOTSUPP;
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        Inode? active;
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
            if (FileMode.IsDirectory(record.Mode)) return SetFlags(inode, flags);
            if (!FileMode.IsRegular(record.Mode)) return Errno.EOPNOTSUPP;
            active = _state.Inodes.Acquire(inode);
            if (active is null) return Errno.ENOENT;
        }
        // Alone with the file: no write that has begun ends after this.
        await active.Lock.EnterExclusiveAsync();
        lock (_state.Gate)
        {
            active.IsImmutable = (flags & FileFlags.Immutable) != 0;
            var error = SetFlags(inode, flags);
            active.Lock.ExitExclusive();
            _state.Inodes.Release(active);
            return error;
        }
    }

    private Errno SetFlags(ulong inode, FileFlags flags)
    {
        Invariant.Holds(_state.Items.TryGetInode(inode, out var record), "an inode in use has a record");
        record.Flags = (flags & FileFlags.Immutable) != 0 ? record.Flags | InodeFlags.Immutable : record.Flags & ~InodeFlags.Immutable;
        TouchChange(inode, record);
        return End(Errno.Ok);
    }

    private static bool IsImmutable(in InodeRecord record) => (record.Flags & InodeFlags.Immutable) != 0;

    private bool AnyImmutable(params ReadOnlySpan<ulong> inodes)
    {
        foreach (var inode in inodes)
            if (_state.Items.TryGetInode(inode, out var record) && IsImmutable(record)) return true;
        return false;
    }
}
