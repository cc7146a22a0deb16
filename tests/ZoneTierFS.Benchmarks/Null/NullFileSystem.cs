using System.Text;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Benchmarks.Null;

/// <summary>
/// A filesystem that does no work: a read leaves the reply's memory as it is and says that it is full, a write is forgotten, and names live in a table. What it
/// reaches on a mount is what the transport itself allows; a real filesystem can only be slower.
/// </summary>
internal sealed class NullFileSystem : IFuseFileSystem
{
    private const int NameBytesMax = 255;
    private const ulong FirstCookie = 3;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, NullNode> _nodes = [];
    private ulong _lastInode = 1;

    /// <param name="file">Name of a file that is there from the start.</param>
    /// <param name="size">Its length, bytes.</param>
    public NullFileSystem(string file, long size)
    {
        NullNode root = new(1, FileMode.S_IFDIR | 0x1FF, default);
        _nodes[root.Inode] = root;
        _ = Add(root.Inode, Encoding.Latin1.GetBytes(file), FileMode.S_IFREG | 0x1A4, default);
        root.Entries[file].Size = size;
    }

    public ValueTask<Result<FileStatus>> LookupAsync(ulong parent, ReadOnlyMemory<byte> name)
    {
        if (name.Length > NameBytesMax)
            return new(Errno.ENAMETOOLONG);
        Span<char> key = stackalloc char[NameBytesMax];
        key = key[..Encoding.Latin1.GetChars(name.Span, key)];
        lock (_gate)
        {
            if (!_nodes.TryGetValue(parent, out NullNode? folder))
                return new(Errno.ENOENT);
            Dictionary<string, NullNode>.AlternateLookup<ReadOnlySpan<char>> entries = folder.Entries.GetAlternateLookup<ReadOnlySpan<char>>();
            return new(entries.TryGetValue(key, out NullNode? node) ? node.Status : Errno.ENOENT);
        }
    }

    public ValueTask<Result<FileStatus>> GetStatusAsync(ulong inode)
    {
        lock (_gate)
            return new(_nodes.TryGetValue(inode, out NullNode? node) ? node.Status : Errno.ENOENT);
    }

    public ValueTask<Result<FileStatus>> SetStatusAsync(ulong inode, ulong? handle, FileStatusChanges changes, FileCaller caller)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out NullNode? node))
                return new(Errno.ENOENT);
            node.Apply(changes);
            return new(node.Status);
        }
    }

    public ValueTask<Result<FileStatus>> MakeNodeAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint deviceNumber, FileCaller caller) =>
        FileMode.IsRegular(mode) ? new(Add(parent, name, mode, caller)) : new(Errno.EPERM);

    public ValueTask<Result<FileStatus>> MakeDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, FileCaller caller) =>
        new(Add(parent, name, (mode & FileMode.PermissionMask) | FileMode.S_IFDIR, caller));

    public ValueTask<Errno> UnlinkAsync(ulong parent, ReadOnlyMemory<byte> name) => new(Remove(parent, name, folder: false));

    public ValueTask<Errno> RemoveDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name) => new(Remove(parent, name, folder: true));

    public ValueTask<Result<FuseOpened>> OpenAsync(ulong inode, uint flags, bool killSetId, FileCaller caller) => new(Opened(inode));

    public ValueTask<Result<FuseCreated>> CreateAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint flags, FileCaller caller)
    {
        Result<FileStatus> made = Add(parent, name, (mode & FileMode.PermissionMask) | FileMode.S_IFREG, caller);
        return new(made.IsOk ? new FuseCreated(made.Value, Opened(made.Value.Inode)) : made.Error);
    }

    public ValueTask<Result<int>> ReadAsync(ulong inode, ulong handle, long offset, Memory<byte> into, CancellationToken interrupted)
    {
        lock (_gate)
            return new(_nodes.TryGetValue(inode, out NullNode? node) ? (int)Math.Clamp(node.Size - offset, 0, into.Length) : Errno.ENOENT);
    }

    public ValueTask<Result<int>> WriteAsync(
        ulong inode, ulong handle, long offset, ReadOnlyMemory<byte> data, uint flags, bool killSetId, CancellationToken interrupted)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out NullNode? node))
                return new(Errno.ENOENT);
            node.Size = Math.Max(node.Size, offset + data.Length);
            return new(data.Length);
        }
    }

    public ValueTask<Errno> ReadDirectoryAsync(ulong inode, ulong cookie, IDirectorySink sink)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out NullNode? folder))
                return new(Errno.ENOENT);
            FileStatus dot = new() { Inode = inode, Mode = FileMode.S_IFDIR };
            bool room = (cookie >= 1 || sink.TryAdd("."u8, 1, dot)) && (cookie >= 2 || sink.TryAdd(".."u8, 2, dot));
            foreach ((string name, NullNode node) in folder.Entries.OrderBy(entry => entry.Value.Inode))
            {
                // Inodes are never used again, so each makes a cookie that stays right whatever is removed.
                ulong next = node.Inode + FirstCookie;
                room = room && (next <= cookie || sink.TryAdd(Encoding.Latin1.GetBytes(name), next, node.Status));
            }
            return new(Errno.Ok);
        }
    }

    public ValueTask<Errno> FlushAsync(ulong inode, ulong handle) => new(Errno.Ok);

    public ValueTask ReleaseAsync(ulong inode, ulong handle) => ValueTask.CompletedTask;

    public ValueTask<Errno> FsyncAsync(ulong inode, ulong handle, bool dataOnly) => new(Errno.Ok);

    public ValueTask<Errno> FsyncDirectoryAsync(ulong inode, bool dataOnly) => new(Errno.Ok);

    public ValueTask<Errno> SyncAsync() => new(Errno.Ok);

    public ValueTask<Result<FuseSpace>> GetSpaceAsync() => new(new FuseSpace(1 << 30, 1 << 29, 1 << 29, 1 << 20, 1 << 19, NameBytesMax));

    public ValueTask<Result<int>> GetXattrAsync(ulong inode, ReadOnlyMemory<byte> name, Memory<byte> into, FileCaller caller) => new(Errno.ENODATA);

    public ValueTask<Result<int>> ListXattrsAsync(ulong inode, Memory<byte> into, FileCaller caller) => new(0);

    public ValueTask<Errno> SetXattrAsync(
        ulong inode, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, uint flags, bool killSetGroupId, FileCaller caller) => new(Errno.EOPNOTSUPP);

    public ValueTask<Result<FuseCreated>> CreateUnnamedAsync(ulong parent, uint mode, uint flags, FileCaller caller) => new(Errno.EOPNOTSUPP);

    public ValueTask<Result<long>> CopyRangeAsync(FuseCopyRange range, FileCaller caller, CancellationToken interrupted) => new(Errno.EOPNOTSUPP);

    public ValueTask<Result<uint>> GetFlagsAsync(ulong inode) => new(Errno.EOPNOTSUPP);

    public ValueTask<Errno> SetFlagsAsync(ulong inode, uint flags) => new(Errno.EOPNOTSUPP);

    public ValueTask<Errno> RemoveXattrAsync(ulong inode, ReadOnlyMemory<byte> name, FileCaller caller) => new(Errno.ENODATA);

    public ValueTask<Result<int>> ReadLinkAsync(ulong inode, Memory<byte> into) => new(Errno.EINVAL);

    public ValueTask<Result<FileStatus>> SymlinkAsync(ulong parent, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target, FileCaller caller) =>
        new(Errno.EPERM);

    public ValueTask<Result<FileStatus>> LinkAsync(ulong inode, ulong newParent, ReadOnlyMemory<byte> newName) => new(Errno.EPERM);

    public ValueTask<Errno> RenameAsync(ulong parent, ReadOnlyMemory<byte> name, ulong newParent, ReadOnlyMemory<byte> newName, uint flags) =>
        new(Errno.EPERM);

    public ValueTask<Errno> AllocateAsync(ulong inode, ulong handle, long offset, long length, uint mode, CancellationToken interrupted) =>
        new(Errno.EOPNOTSUPP);

    public ValueTask<Result<long>> SeekAsync(ulong inode, ulong handle, long offset, uint whence) => new(Errno.EOPNOTSUPP);

    private static FuseOpened Opened(ulong inode) => new(inode, KeepCache: true, DirectIo: false);

    private Result<FileStatus> Add(ulong parent, ReadOnlyMemory<byte> name, uint mode, FileCaller owner)
    {
        if (name.Length > NameBytesMax)
            return Errno.ENAMETOOLONG;
        lock (_gate)
        {
            if (!_nodes.TryGetValue(parent, out NullNode? folder))
                return Errno.ENOENT;
            NullNode node = new(++_lastInode, mode, owner);
            if (!folder.Entries.TryAdd(Encoding.Latin1.GetString(name.Span), node))
                return Errno.EEXIST;
            _nodes[node.Inode] = node;
            return node.Status;
        }
    }

    private Errno Remove(ulong parent, ReadOnlyMemory<byte> name, bool folder)
    {
        string key = Encoding.Latin1.GetString(name.Span);
        lock (_gate)
        {
            if (!_nodes.TryGetValue(parent, out NullNode? above) || !above.Entries.TryGetValue(key, out NullNode? node))
                return Errno.ENOENT;
            if (node.IsDirectory != folder)
                return folder ? Errno.ENOTDIR : Errno.EISDIR;
            if (node.Entries.Count > 0)
                return Errno.ENOTEMPTY;
            above.Entries.Remove(key);
            // The node itself stays for who has it open; it is small, and the mount is short-lived.
            return Errno.Ok;
        }
    }
}
