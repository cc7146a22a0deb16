using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;

namespace ZoneTierFS.MountTests.Memory;

/// <summary>Files without a name, copies, and flags.</summary>
internal sealed partial class MemoryFileSystem
{
    public ValueTask<Result<FuseCreated>> CreateUnnamedAsync(ulong parent, uint mode, uint flags, FileCaller caller)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(parent, out var directory))
                return new(Errno.ENOENT);
            var node = new MemoryNode(++_lastInode, (mode & Linux.FileMode.PermissionMask) | Linux.FileMode.S_IFREG, caller);
            node.Status.LinkCount = 0;
            Inherit(directory, node);
            _nodes[node.Status.Inode] = node;
            return new(new FuseCreated(node.Snapshot(), Opened(node)));
        }
    }

    public ValueTask<Result<long>> CopyRangeAsync(FuseCopyRange range, FileCaller caller, CancellationToken interrupted)
    {
        const int BytesMax = 1 << 20;
        lock (_gate)
        {
            if (!_nodes.TryGetValue(range.SourceInode, out var source) || !_nodes.TryGetValue(range.TargetInode, out var target))
                return new(Errno.EBADF);
            if (target.IsImmutable)
                return new(Errno.EPERM);
            if (caller.UserId != 0)
                target.ClearSetId();
            return new(source.CopyTo(target, range.SourceOffset, range.TargetOffset, (int)Math.Min(range.Length, BytesMax)));
        }
    }

    public ValueTask<Result<uint>> GetFlagsAsync(ulong inode)
    {
        lock (_gate)
            return new(_nodes.TryGetValue(inode, out var node) ? node.IsImmutable ? FileFlagBits.FS_IMMUTABLE_FL : 0 : Errno.ENOENT);
    }

    public ValueTask<Errno> SetFlagsAsync(ulong inode, uint flags)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var node))
                return new(Errno.ENOENT);
            if ((flags & ~FileFlagBits.FS_IMMUTABLE_FL) != 0)
                return new(Errno.EOPNOTSUPP);
            node.IsImmutable = flags != 0;
            node.Status.ChangeTime = MemoryNode.Now();
            return new(Errno.Ok);
        }
    }
}
