using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>The access control lists of inodes, in step with their modes. Changes neither time nor record; everything wants the state lock.</summary>
internal sealed class AccessControlLists(XattrStore xattrs)
{
    /// <summary>
    /// Stores a list. An access list sets the record's permission bits, and is not kept where it says no more than they do. EACCES for the default list of
    /// what is no directory, EOPNOTSUPP for a symbolic link, EINVAL, E2BIG, ENOSPC.
    /// </summary>
    public Errno Set(ulong inode, ref InodeRecord record, ReadOnlySpan<byte> name, ReadOnlySpan<byte> list, bool killSetGroupId)
    {
        if (FileMode.IsSymlink(record.Mode)) return Errno.EOPNOTSUPP;
        var isAccess = name.SequenceEqual(XattrName.AccessList);
        if (!isAccess && !FileMode.IsDirectory(record.Mode)) return Errno.EACCES;
        if (AccessControlList.Validate(list) is var invalid and not Errno.Ok) return invalid;
        if (isAccess && AccessControlList.IsMinimal(list)) Remove(inode, name);
        else if (xattrs.Set(inode, name, list, XattrSetMode.CreateOrReplace) is var error and not Errno.Ok) return error;
        if (!isAccess) return Errno.Ok;
        record.Mode = AccessControlList.ModeOf(list, record.Mode);
        if (killSetGroupId) record.Mode &= ~FileMode.S_ISGID;
        return Errno.Ok;
    }

    /// <summary>Removing what is not there is no error, as on ext4.</summary>
    public void Remove(ulong inode, ReadOnlySpan<byte> name) => xattrs.Remove(inode, name);

    /// <summary>After a chmod: the access list follows the mode.</summary>
    public void FollowMode(ulong inode, uint mode)
    {
        Span<byte> list = stackalloc byte[AccessControlList.BytesMax];
        if (!TryGet(inode, XattrName.AccessList, ref list)) return;
        AccessControlList.SetMode(list, mode);
        var error = xattrs.Set(inode, XattrName.AccessList, list, XattrSetMode.Replace);
        Invariant.Holds(error == Errno.Ok, "an attribute that keeps its length can be set");
    }

    /// <summary>Permission bits of a new inode: what its creator asks for, less the umask, or what its directory's default list allows instead.</summary>
    public uint ModeOfNew(ulong parent, uint mode, uint umask)
    {
        if (FileMode.IsSymlink(mode)) return mode;
        Span<byte> list = stackalloc byte[AccessControlList.BytesMax];
        return TryGet(parent, XattrName.DefaultList, ref list) ? AccessControlList.Inherit(list, mode) : mode & ~(umask & FileMode.AccessMask);
    }

    /// <summary>Gives a new inode the lists that its directory hands down.</summary>
    /// <param name="mode">As the creator asked for it.</param>
    public void Inherit(ulong parent, ulong inode, uint mode)
    {
        if (FileMode.IsSymlink(mode)) return;
        Span<byte> list = stackalloc byte[AccessControlList.BytesMax];
        if (!TryGet(parent, XattrName.DefaultList, ref list)) return;
        if (FileMode.IsDirectory(mode)) Put(inode, XattrName.DefaultList, list);
        AccessControlList.Inherit(list, mode);
        if (!AccessControlList.IsMinimal(list)) Put(inode, XattrName.AccessList, list);
    }

    /// <summary>The list, cut to its length. What is no list, which only damage brings about, is as none: the mode alone counts.</summary>
    private bool TryGet(ulong inode, ReadOnlySpan<byte> name, ref Span<byte> list)
    {
        var length = xattrs.Get(inode, name, list);
        if (!length.IsOk || AccessControlList.Validate(list[..length.Value]) != Errno.Ok) return false;
        list = list[..length.Value];
        return true;
    }

    private void Put(ulong inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> list)
    {
        var error = xattrs.Set(inode, name, list, XattrSetMode.CreateOrReplace);
        Invariant.Holds(error == Errno.Ok, "a new inode has room for two lists");
    }
}
