using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>
/// What a program gains by running a file: set-ID bits and security.capability. Whoever changes the file takes them away: the capability in any case, the
/// bits unless he is privileged, as the kernel says with each request. Everything wants the state lock.
/// </summary>
internal sealed class Privileges(XattrStore xattrs)
{
    /// <summary>Takes set-user-ID away, and set-group-ID where the group may execute: without that it is no privilege.</summary>
    public static void ClearSetId(ref InodeRecord record)
    {
        record.Mode &= ~FileMode.S_ISUID;
        if ((record.Mode & FileMode.S_IXGRP) != 0) record.Mode &= ~FileMode.S_ISGID;
    }

    public void DropCapability(ulong inode) => xattrs.Remove(inode, XattrName.Capability);

    /// <summary>Before a change of an open file's bytes. True when the record is another now.</summary>
    public bool Drop(Inode inode, ref InodeRecord record, bool setId)
    {
        DropCapability(inode.Number);
        var before = record.Mode;
        if (setId) ClearSetId(ref record);
        inode.MayHavePrivileges = (record.Mode & (FileMode.S_ISUID | FileMode.S_ISGID)) != 0;
        return record.Mode != before;
    }

    /// <summary>
    /// The kernel says that something must go, but not what: before a write, fallocate or copy, and on a chown to nobody new. Of a privileged caller it can
    /// only be a capability.
    /// </summary>
    public void DropForCaller(ulong inode, ref InodeRecord record, FileCaller caller)
    {
        if (FileMode.IsDirectory(record.Mode)) return;
        DropCapability(inode);
        if (caller.UserId != 0) ClearSetId(ref record);
    }
}
