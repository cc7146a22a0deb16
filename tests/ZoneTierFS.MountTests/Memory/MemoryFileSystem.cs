using System.Text;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;

namespace ZoneTierFS.MountTests.Memory;

/// <summary>A small filesystem in memory, under one lock: it shows that the FUSE layer is right, without the engine.</summary>
internal sealed partial class MemoryFileSystem : IFuseFileSystem
{
    private const uint NameBytesMax = 255;
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, MemoryNode> _nodes = [];
    private ulong _lastInode = 1;
    private ulong _lastCookie = 2;

    public MemoryFileSystem() => _nodes[1] = new MemoryNode(1, Linux.FileMode.S_IFDIR | 0x1FF, default);

    /// <summary>A name on whose lookup the filesystem throws, as one with a bug would.</summary>
    public string? FailsOn { get; init; }

    public int NodeCount
    {
        get
        {
            lock (_gate)
                return _nodes.Count;
        }
    }

    public ValueTask<Result<FileStatus>> LookupAsync(ulong parent, ReadOnlyMemory<byte> name)
    {
        lock (_gate)
        {
            if (Key(name) == FailsOn)
                throw new InvalidOperationException("planted");
            var found = Find(parent, name);
            return new(found.IsOk ? found.Value.Snapshot() : found.Error);
        }
    }

    public ValueTask<Result<int>> ReadLinkAsync(ulong inode, Memory<byte> into)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var node))
                return new(Errno.ENOENT);
            node.LinkTarget.CopyTo(into);
            return new(node.LinkTarget.Length);
        }
    }

    public ValueTask<Result<FileStatus>> MakeNodeAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint deviceNumber, FileCaller caller)
    {
        lock (_gate)
        {
            var made = Add(parent, name, new MemoryNode(_lastInode + 1, mode, caller));
            if (!made.IsOk)
                return new(made.Error);
            made.Value.Status.DeviceNumber = deviceNumber;
            return new(made.Value.Snapshot());
        }
    }

    public ValueTask<Result<FileStatus>> MakeDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, FileCaller caller) =>
        MakeNodeAsync(parent, name, (mode & Linux.FileMode.PermissionMask) | Linux.FileMode.S_IFDIR, 0, caller);

    public ValueTask<Result<FileStatus>> SymlinkAsync(ulong parent, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target, FileCaller caller)
    {
        lock (_gate)
        {
            var node = new MemoryNode(_lastInode + 1, Linux.FileMode.S_IFLNK | 0x1FF, caller) { LinkTarget = target.ToArray() };
            node.Status.Size = (ulong)target.Length;
            var made = Add(parent, name, node);
            return new(made.IsOk ? made.Value.Snapshot() : made.Error);
        }
    }

    public ValueTask<Result<FileStatus>> LinkAsync(ulong inode, ulong newParent, ReadOnlyMemory<byte> newName)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var node) || !_nodes.TryGetValue(newParent, out var directory))
                return new(Errno.ENOENT);
            if (newName.Length > NameBytesMax)
                return new(Errno.ENAMETOOLONG);
            if (directory.Entries.ContainsKey(Key(newName)))
                return new(Errno.EEXIST);
            if (node.IsImmutable || directory.IsImmutable)
                return new(Errno.EPERM);
            Enter(directory, Key(newName), node);
            node.Status.LinkCount++;
            node.Status.ChangeTime = MemoryNode.Now();
            return new(node.Snapshot());
        }
    }

    public ValueTask<Errno> UnlinkAsync(ulong parent, ReadOnlyMemory<byte> name) => new(RemoveEntry(parent, name, directory: false));

    public ValueTask<Errno> RemoveDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name) => new(RemoveEntry(parent, name, directory: true));

    public ValueTask<Errno> RenameAsync(ulong parent, ReadOnlyMemory<byte> name, ulong newParent, ReadOnlyMemory<byte> newName, uint flags)
    {
        const uint NoReplace = 1;
        const uint Exchange = 2;
        if ((flags & ~(NoReplace | Exchange)) != 0)
            return new(Errno.EINVAL);
        lock (_gate)
        {
            var source = Find(parent, name);
            if (!source.IsOk)
                return new(source.Error);
            var target = Find(newParent, newName);
            if (!target.IsOk && target.Error != Errno.ENOENT)
                return new(target.Error);
            if (flags == NoReplace && target.IsOk)
                return new(Errno.EEXIST);
            if (flags == Exchange && !target.IsOk)
                return new(Errno.ENOENT);
            if (target.IsOk && ReferenceEquals(source.Value, target.Value))
                return new(Errno.Ok);
            if (flags != Exchange && target.IsOk && target.Value.Entries.Count > 0)
                return new(Errno.ENOTEMPTY);
            if (source.Value.IsImmutable || (target.IsOk && target.Value.IsImmutable) || _nodes[parent].IsImmutable || _nodes[newParent].IsImmutable)
                return new(Errno.EPERM);
            Leave(_nodes[parent], Key(name), source.Value);
            if (target.IsOk)
                Leave(_nodes[newParent], Key(newName), target.Value);
            Enter(_nodes[newParent], Key(newName), source.Value);
            if (flags == Exchange)
                Enter(_nodes[parent], Key(name), target.Value);
            else if (target.IsOk)
                Drop(target.Value);
            source.Value.Status.ChangeTime = MemoryNode.Now();
            return new(Errno.Ok);
        }
    }

    public ValueTask<Errno> ReadDirectoryAsync(ulong inode, ulong cookie, IDirectorySink sink)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(inode, out var directory))
                return new(Errno.ENOENT);
            var dot = new FileStatus { Inode = inode, Mode = Linux.FileMode.S_IFDIR };
            if (cookie < 1 && !sink.TryAdd("."u8, 1, dot))
                return new(Errno.Ok);
            if (cookie < 2 && !sink.TryAdd(".."u8, 2, dot))
                return new(Errno.Ok);
            foreach (var (position, name) in directory.Order)
            {
                if (position > cookie && !sink.TryAdd(Encoding.Latin1.GetBytes(name), position, directory.Entries[name].Node.Snapshot()))
                    break;
            }
            return new(Errno.Ok);
        }
    }

    private static string Key(ReadOnlyMemory<byte> name) => Encoding.Latin1.GetString(name.Span);

    private Result<MemoryNode> Find(ulong parent, ReadOnlyMemory<byte> name)
    {
        if (Key(name) is "." or "..")
            return _nodes.TryGetValue(parent, out var self) && self.Status.LinkCount > 0 ? Key(name) == "." ? self : self.Parent ?? self : Errno.ENOENT;
        if (name.Length > NameBytesMax)
            return Errno.ENAMETOOLONG;
        return _nodes.TryGetValue(parent, out var directory) && directory.Entries.TryGetValue(Key(name), out var entry) ? entry.Node : Errno.ENOENT;
    }

    private Result<MemoryNode> Add(ulong parent, ReadOnlyMemory<byte> name, MemoryNode node)
    {
        var existing = Find(parent, name);
        if (existing.IsOk || existing.Error != Errno.ENOENT)
            return existing.IsOk ? Errno.EEXIST : existing.Error;
        if (!_nodes.TryGetValue(parent, out var directory))
            return Errno.ENOENT;
        if (directory.IsImmutable)
            return Errno.EPERM;
        Inherit(directory, node);
        _nodes[node.Status.Inode] = node;
        _lastInode = node.Status.Inode;
        Enter(directory, Key(name), node);
        return node;
    }

    private static void Inherit(MemoryNode directory, MemoryNode node)
    {
        if ((directory.Status.Mode & Linux.FileMode.S_ISGID) == 0)
            return;
        node.Status.GroupId = directory.Status.GroupId;
        node.Status.Mode |= node.IsDirectory ? Linux.FileMode.S_ISGID : 0;
    }

    private Errno RemoveEntry(ulong parent, ReadOnlyMemory<byte> name, bool directory)
    {
        lock (_gate)
        {
            var found = Find(parent, name);
            if (!found.IsOk)
                return found.Error;
            if (found.Value.IsDirectory != directory)
                return directory ? Errno.ENOTDIR : Errno.EISDIR;
            if (found.Value.Entries.Count > 0)
                return Errno.ENOTEMPTY;
            if (found.Value.IsImmutable || _nodes[parent].IsImmutable)
                return Errno.EPERM;
            Leave(_nodes[parent], Key(name), found.Value);
            Drop(found.Value);
            return Errno.Ok;
        }
    }

    private void Enter(MemoryNode directory, string name, MemoryNode node)
    {
        directory.Entries[name] = (++_lastCookie, node);
        directory.Order[_lastCookie] = name;
        node.Parent = directory;
        directory.Status.LinkCount += node.IsDirectory ? 1u : 0;
        directory.Touch();
    }

    private static void Leave(MemoryNode directory, string name, MemoryNode node)
    {
        directory.Entries.Remove(name, out var entry);
        directory.Order.Remove(entry.Cookie);
        directory.Status.LinkCount -= node.IsDirectory ? 1u : 0;
        directory.Touch();
    }

    /// <summary>One name less; without names and open handles the node is gone.</summary>
    private void Drop(MemoryNode node)
    {
        node.Status.LinkCount = node.IsDirectory ? 0 : node.Status.LinkCount - 1;
        node.Status.ChangeTime = MemoryNode.Now();
        RemoveIfUnused(node);
    }

    private void RemoveIfUnused(MemoryNode node)
    {
        if (node.Status.LinkCount == 0 && node.OpenCount == 0)
            _nodes.Remove(node.Status.Inode);
    }
}
