using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>
/// Extended attributes in the namespaces user, trusted and security, and access control lists, which are the attributes system.posix_acl_access and
/// system.posix_acl_default. Who may touch which is the kernel's to check.
/// </summary>
public sealed partial class Volume
{
    /// <summary>
    /// Value's length; copies it when the span is long enough, ERANGE when it is not empty and too short, ENODATA where there is none. EOPNOTSUPP for other
    /// namespaces.
    /// </summary>
    public Result<int> GetXattr(ulong inode, ReadOnlySpan<byte> name, Span<byte> into)
    {
        if (XattrName.Validate(name) is var invalid and not Errno.Ok) return invalid;
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out _)) return Errno.ENOENT;
            return _state.Xattrs.Get(inode, name, into);
        }
    }

    /// <summary>
    /// E2BIG for values over 64 KiB; ENOSPC when names and values of the inode would exceed 128 KiB, or its names 32 KiB. EEXIST and ENODATA by the mode;
    /// EINVAL for what is no access control list.
    /// </summary>
    /// <param name="killSetGroupId">With an access list: the caller does not belong to the file's group, so the bit goes.</param>
    public async ValueTask<Errno> SetXattrAsync(
        ulong inode, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, XattrSetMode mode, bool killSetGroupId = false)
    {
        if (XattrName.Validate(name.Span) is var invalid and not Errno.Ok) return invalid;
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
            if (IsImmutable(record)) return Errno.EPERM;
            if (!_state.Space.HasMetadataRoom(besideData: value.Length > XattrStore.PartBytes)) return Errno.ENOSPC;
            var error = XattrName.IsList(name.Span)
                ? _state.Lists.Set(inode, ref record, name.Span, value.Span, killSetGroupId)
                : _state.Xattrs.Set(inode, name.Span, value.Span, mode);
            if (error == Errno.Ok) TouchChange(inode, record);
            if (_state.Inodes.TryGet(inode, out var active)) active.MayHavePrivileges = true;
            return End(error);
        }
    }

    /// <summary>Names, each ended by a zero byte; lengths as for <see cref="GetXattr"/>.</summary>
    /// <param name="withTrusted">Also the namespace trusted, which only privileged processes may see.</param>
    public Result<int> ListXattrs(ulong inode, Span<byte> into, bool withTrusted = true)
    {
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out _)) return Errno.ENOENT;
            return _state.Xattrs.List(inode, into, withTrusted);
        }
    }

    /// <summary>ENODATA where there is none; but removing an access control list that is not there succeeds.</summary>
    public async ValueTask<Errno> RemoveXattrAsync(ulong inode, ReadOnlyMemory<byte> name)
    {
        if (XattrName.Validate(name.Span) is var invalid and not Errno.Ok) return invalid;
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
            if (IsImmutable(record)) return Errno.EPERM;
            var error = _state.Xattrs.Remove(inode, name.Span);
            if (error == Errno.ENODATA && XattrName.IsList(name.Span)) return Errno.Ok;
            if (error == Errno.Ok) TouchChange(inode, record);
            return End(error);
        }
    }

    /// <summary>
    /// Takes from a file what it must lose before somebody changes it: the answer to <see cref="FileStatusChanges.IsEmpty"/>. EIO.
    /// </summary>
    public async ValueTask<Result<FileStatus>> DropPrivilegesAsync(ulong inode, FileCaller caller)
    {
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
            if (IsImmutable(record)) return Errno.EPERM;
            _state.Privileges.DropForCaller(inode, ref record, caller);
            TouchChange(inode, record);
            return End(GetStatusLocked(inode));
        }
    }
}
