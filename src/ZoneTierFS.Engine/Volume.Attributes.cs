using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>Attributes, and what the parts of the volume's door share.</summary>
public sealed partial class Volume
{
    public Result<FileStatus> GetStatus(ulong inode)
    {
        lock (_state.Gate) return GetStatusLocked(inode);
    }

    private Result<FileStatus> GetStatusLocked(ulong inode) =>
        _state.Items.TryGetInode(inode, out var record) ? StatusOf(inode, record) : Errno.ENOENT;

    private FileStatus StatusOf(ulong inode, in InodeRecord record)
    {
        var status = record.ToStatus(inode);
        if (FileMode.IsDirectory(record.Mode)) status.Size = DeviceZones.BlockSize;
        if (!_state.Inodes.TryGet(inode, out var active) || !(active.IsDirty || active.Flushing is not null)) return status;
        status.Size = active.Size;
        status.ModifyTime = active.ModifyTime;
        status.ChangeTime = Math.Max(status.ChangeTime, active.ModifyTime);
        // Written anew, a block takes space twice until the old one is given up.
        var waiting = (ulong)((active.Dirty?.Blocks ?? 0) + (active.Flushing?.Blocks ?? 0));
        status.Blocks = Math.Max(status.Blocks, Math.Min(status.Blocks + waiting * 8, BlocksFor(active.Size) * 8));
        return status;
    }

    private static ulong BlocksFor(ulong bytes) => bytes / DeviceZones.BlockSize + (bytes % DeviceZones.BlockSize == 0 ? 0ul : 1);

    /// <summary>Changes attributes; a size change of a regular file cuts or extends it. EFBIG beyond the largest file, EISDIR, EINVAL, EIO.</summary>
    public async ValueTask<Result<FileStatus>> SetStatusAsync(ulong inode, FileStatusChanges changes)
    {
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        if (changes.Size is { } size)
        {
            var error = await ResizeAsync(inode, size, changes.KillSetId);
            if (error != Errno.Ok) return error;
        }
        // Times written earlier must not overtake the ones that are set now.
        if ((changes.ModifyTime is not null || changes.ModifyTimeNow) && await StoreTimesAsync(inode) is var stored and not Errno.Ok) return stored;
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
            if (IsImmutable(record)) return Errno.EPERM;
            Apply(inode, ref record, changes);
            _state.Items.PutInode(inode, record);
            if ((changes.ModifyTime is not null || changes.ModifyTimeNow) && _state.Inodes.TryGet(inode, out var active)) active.ModifyTime = record.ModifyTime;
            _state.Journal.EndTransaction();
            return StatusOf(inode, record);
        }
    }

    private void Apply(ulong inode, ref InodeRecord record, in FileStatusChanges changes)
    {
        var now = _state.Now;
        if (changes.Mode is { } mode)
        {
            record.Mode = (record.Mode & FileMode.S_IFMT) | (mode & FileMode.PermissionMask);
            _state.Lists.FollowMode(inode, mode);
            if (_state.Inodes.TryGet(inode, out var active)) active.MayHavePrivileges = true;
        }
        if (changes.KillSetId) Privileges.ClearSetId(ref record);
        if ((changes.UserId ?? changes.GroupId) is not null && !FileMode.IsDirectory(record.Mode)) _state.Privileges.DropCapability(inode);
        if (changes.UserId is { } user) record.UserId = user;
        if (changes.GroupId is { } group) record.GroupId = group;
        if (changes.AccessTimeNow) record.AccessTime = now;
        else if (changes.AccessTime is { } accessed) record.AccessTime = accessed;
        if (changes.ModifyTimeNow) record.ModifyTime = now;
        else if (changes.ModifyTime is { } modified) record.ModifyTime = modified;
        record.ChangeTime = changes.ChangeTime ?? now;
    }

    private async ValueTask<Errno> StoreTimesAsync(ulong inode)
    {
        Inode active;
        lock (_state.Gate)
        {
            if (!_state.Inodes.TryGet(inode, out active) || !(active.IsDirty || active.Flushing is not null)) return Errno.Ok;
            active.References++;
        }
        var error = await _state.WriteBack.StoreAsync(active);
        lock (_state.Gate) _state.Inodes.Release(active);
        return error;
    }

    private async ValueTask<Errno> ResizeAsync(ulong inode, ulong size, bool killSetId)
    {
        if (size > FileBytesMax) return Errno.EFBIG;
        Inode? active;
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
            if (FileMode.IsDirectory(record.Mode)) return Errno.EISDIR;
            if (!FileMode.IsRegular(record.Mode)) return Errno.EINVAL;
            active = _state.Inodes.Acquire(inode);
        }
        try
        {
            return await _writer.ResizeAsync(active!, size, killSetId);
        }
        finally
        {
            lock (_state.Gate) _state.Inodes.Release(active!);
        }
    }

    // ---- shared by the parts; under the state lock unless async ----

    private async ValueTask<Errno> RoomAsync(CancellationToken interrupted = default) =>
        _state.Options.ReadOnly ? Errno.EROFS : await _state.Journal.RoomAsync(interrupted);

    private Errno End(Errno error)
    {
        _state.Journal.EndTransaction();
        return error;
    }

    private Result<FileStatus> End(Result<FileStatus> result)
    {
        _state.Journal.EndTransaction();
        return result;
    }

    private bool TryGetDirectory(ulong inode, out InodeRecord record, out Errno error)
    {
        error = !_state.Items.TryGetInode(inode, out record) ? Errno.ENOENT : FileMode.IsDirectory(record.Mode) ? Errno.Ok : Errno.ENOTDIR;
        return error == Errno.Ok;
    }

    private Errno CheckNewName(ulong parent, ReadOnlySpan<byte> name, out InodeRecord directory)
    {
        if (!TryGetDirectory(parent, out directory, out var error)) return error;
        // A removed directory that is still somebody's current one takes no new names.
        if (directory.LinkCount == 0) return Errno.ENOENT;
        if (Namespace.Directory.Validate(name) is var invalid and not Errno.Ok) return invalid;
        if (_directory.TryFind(parent, name, out _, out _)) return Errno.EEXIST;
        return IsImmutable(directory) ? Errno.EPERM : Errno.Ok;
    }

    private void Touch(ulong inode, InodeRecord record, long now)
    {
        record.ModifyTime = record.ChangeTime = now;
        _state.Items.PutInode(inode, record);
    }

    private void TouchChange(ulong inode, InodeRecord record)
    {
        record.ChangeTime = _state.Now;
        _state.Items.PutInode(inode, record);
    }

    /// <summary>Takes a name away from an inode; the last one deletes it now, or when its last user goes: until then a crash must not leak it.</summary>
    private void DropLink(ulong inode, InodeRecord record, long now)
    {
        record.LinkCount--;
        record.ChangeTime = now;
        if (record.LinkCount > 0)
        {
            _state.Items.PutInode(inode, record);
            return;
        }
        if (!_state.Inodes.TryGet(inode, out var active))
        {
            _state.Inodes.DeleteItems(inode);
            return;
        }
        active.Unlinked = true;
        _state.Items.PutInode(inode, record);
        _state.Items.Put(ItemKeys.Of(0, ItemKind.Orphan, inode), []);
        _state.Inodes.DeleteIfUnused(active);
    }
}
