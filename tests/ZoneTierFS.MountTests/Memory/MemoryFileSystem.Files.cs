using System.Collections.Concurrent;
using System.Text;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;

namespace ZoneTierFS.MountTests.Memory;

internal sealed partial class MemoryFileSystem
{
    /// <summary>A file whose name ends so is opened past the page cache.</summary>
    public const string DirectSuffix = ".direct";

    /// <summary>A read of a file whose name ends so waits until it is interrupted.</summary>
    public const string WaitingSuffix = ".waiting";

    /// <summary>Completes when such a read waits.</summary>
    public TaskCompletionSource ReadWaits { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly HashSet<ulong> _directInodes = [];
    private readonly ConcurrentDictionary<ulong, bool> _waitingInodes = [];

    public ValueTask<Result<FuseOpened>> OpenAsync(ulong inode, uint flags, bool killSetId, FileCaller caller)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var node))
                return new(Errno.ENOENT);
            if (node.IsImmutable && (flags & (LibC.O_ACCMODE | LibC.O_TRUNC)) != 0)
                return new(Errno.EPERM);
            if ((flags & LibC.O_TRUNC) != 0)
            {
                node.Resize(0);
                if (killSetId)
                    node.ClearSetId();
            }
            return new(Opened(node));
        }
    }

    public ValueTask<Result<FuseCreated>> CreateAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint flags, FileCaller caller)
    {
        lock (_gate)
        {
            var made = Add(parent, name, new MemoryNode(_lastInode + 1, (mode & Linux.FileMode.PermissionMask) | Linux.FileMode.S_IFREG, caller));
            if (!made.IsOk)
                return new(made.Error);
            if (Key(name).EndsWith(DirectSuffix, StringComparison.Ordinal))
                _directInodes.Add(made.Value.Status.Inode);
            if (Key(name).EndsWith(WaitingSuffix, StringComparison.Ordinal))
                _waitingInodes[made.Value.Status.Inode] = true;
            return new(new FuseCreated(made.Value.Snapshot(), Opened(made.Value)));
        }
    }

    public ValueTask<Result<int>> ReadAsync(ulong inode, ulong handle, long offset, Memory<byte> into, CancellationToken interrupted)
    {
        if (_waitingInodes.ContainsKey(inode))
            return WaitAsync(interrupted);
        lock (_gate)
            return new(_nodes.TryGetValue(inode, out var node) ? node.Read(offset, into.Span) : Errno.EBADF);
    }

    private async ValueTask<Result<int>> WaitAsync(CancellationToken interrupted)
    {
        ReadWaits.TrySetResult();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registered = interrupted.Register(ended.SetResult);
        await ended.Task;
        return Errno.EINTR;
    }

    public ValueTask<Result<int>> WriteAsync(
        ulong inode, ulong handle, long offset, ReadOnlyMemory<byte> data, uint flags, bool killSetId, CancellationToken interrupted)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var node))
                return new(Errno.EBADF);
            if (node.IsImmutable)
                return new(Errno.EPERM);
            node.Write(offset, data.Span);
            if (killSetId)
                node.ClearSetId();
            return new(data.Length);
        }
    }

    public ValueTask<Errno> FlushAsync(ulong inode, ulong handle) => new(Errno.Ok);

    public ValueTask ReleaseAsync(ulong inode, ulong handle)
    {
        lock (_gate)
        {
            if (_nodes.TryGetValue(inode, out var node))
            {
                node.OpenCount--;
                RemoveIfUnused(node);
            }
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask<Errno> FsyncAsync(ulong inode, ulong handle, bool dataOnly) => new(Errno.Ok);

    public ValueTask<Errno> FsyncDirectoryAsync(ulong inode, bool dataOnly) => new(Errno.Ok);

    public ValueTask<Errno> SyncAsync() => new(Errno.Ok);

    public ValueTask<Result<FuseSpace>> GetSpaceAsync() => new(new FuseSpace(1 << 20, 1 << 19, 1 << 19, 1 << 20, 1 << 19, NameBytesMax));

    public ValueTask<Errno> AllocateAsync(ulong inode, ulong handle, long offset, long length, uint mode, CancellationToken interrupted)
    {
        const uint KeepSize = 1;
        const uint PunchHole = 2;
        const uint ZeroRange = 0x10;
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var node))
                return new(Errno.EBADF);
            if (node.IsImmutable)
                return new(Errno.EPERM);
            if ((mode & ~(KeepSize | PunchHole | ZeroRange)) != 0)
                return new(Errno.EOPNOTSUPP);
            if ((mode & (PunchHole | ZeroRange)) != 0)
                node.Clear(offset, length);
            if ((mode & PunchHole) == 0)
                node.Reserve(offset, length);
            if ((mode & KeepSize) == 0)
                node.Status.Size = Math.Max(node.Status.Size, (ulong)(offset + length));
            node.Touch();
            return new(Errno.Ok);
        }
    }

    public ValueTask<Result<long>> SeekAsync(ulong inode, ulong handle, long offset, uint whence)
    {
        const uint SeekHole = 4;
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var node))
                return new(Errno.EBADF);
            return new(node.Seek(offset, whence == SeekHole) is { } found ? found : Errno.ENXIO);
        }
    }

    public ValueTask<Result<FileStatus>> GetStatusAsync(ulong inode)
    {
        lock (_gate)
            return new(_nodes.TryGetValue(inode, out var node) ? node.Snapshot() : Errno.ENOENT);
    }

    public ValueTask<Result<FileStatus>> SetStatusAsync(ulong inode, ulong? handle, FileStatusChanges changes, FileCaller caller)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var node))
                return new(Errno.ENOENT);
            if (node.IsImmutable)
                return new(Errno.EPERM);
            if (changes.Size is { } size)
                node.Resize((long)size);
            var now = MemoryNode.Now();
            ref var status = ref node.Status;
            status.Mode = changes.Mode is { } mode ? (status.Mode & Linux.FileMode.S_IFMT) | mode : status.Mode;
            status.UserId = changes.UserId ?? status.UserId;
            status.GroupId = changes.GroupId ?? status.GroupId;
            status.AccessTime = changes.AccessTimeNow ? now : changes.AccessTime ?? status.AccessTime;
            status.ModifyTime = changes.ModifyTimeNow ? now : changes.ModifyTime ?? status.ModifyTime;
            status.ChangeTime = changes.ChangeTime ?? now;
            if (changes.KillSetId)
                node.ClearSetId();
            return new(node.Snapshot());
        }
    }

    public ValueTask<Result<int>> GetXattrAsync(ulong inode, ReadOnlyMemory<byte> name, Memory<byte> into, FileCaller caller)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var node))
                return new(Errno.ENOENT);
            return new(node.Xattrs.TryGetValue(Key(name), out var value) ? CopyIfFits(value, into) : Errno.ENODATA);
        }
    }

    public ValueTask<Result<int>> ListXattrsAsync(ulong inode, Memory<byte> into, FileCaller caller)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var node))
                return new(Errno.ENOENT);
            return new(CopyIfFits(Encoding.Latin1.GetBytes(string.Concat(node.Xattrs.Keys.Select(name => name + '\0'))), into));
        }
    }

    public ValueTask<Errno> SetXattrAsync(
        ulong inode, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, uint flags, bool killSetGroupId, FileCaller caller)
    {
        const uint CreateOnly = 1;
        const uint ReplaceOnly = 2;
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var node))
                return new(Errno.ENOENT);
            if (node.IsImmutable)
                return new(Errno.EPERM);
            if (!Key(name).StartsWith("user.", StringComparison.Ordinal))
                return new(Errno.EOPNOTSUPP);
            var exists = node.Xattrs.ContainsKey(Key(name));
            if ((flags & CreateOnly) != 0 && exists)
                return new(Errno.EEXIST);
            if ((flags & ReplaceOnly) != 0 && !exists)
                return new(Errno.ENODATA);
            node.Xattrs[Key(name)] = value.ToArray();
            node.Status.ChangeTime = MemoryNode.Now();
            return new(Errno.Ok);
        }
    }

    public ValueTask<Errno> RemoveXattrAsync(ulong inode, ReadOnlyMemory<byte> name, FileCaller caller)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var node))
                return new(Errno.ENOENT);
            if (node.IsImmutable)
                return new(Errno.EPERM);
            return new(node.Xattrs.Remove(Key(name)) ? Errno.Ok : Errno.ENODATA);
        }
    }

    private static Result<int> CopyIfFits(byte[] value, Memory<byte> into)
    {
        if (into.Length > 0 && into.Length < value.Length)
            return Errno.ERANGE;
        if (into.Length > 0)
            value.CopyTo(into);
        return value.Length;
    }

    private FuseOpened Opened(MemoryNode node)
    {
        node.OpenCount++;
        var direct = _directInodes.Contains(node.Status.Inode) || _waitingInodes.ContainsKey(node.Status.Inode);
        return new FuseOpened(node.Status.Inode, KeepCache: !direct, DirectIo: direct);
    }
}
