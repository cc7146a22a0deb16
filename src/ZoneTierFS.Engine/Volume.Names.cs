using ZoneTierFS.Engine.Checking;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>Names: lookup, creation, removal, renaming, listing. Each change is one transaction, so a crash leaves all of it or nothing.</summary>
public sealed partial class Volume
{
    private const uint LinkCountMax = 65_000;

    /// <summary>Longest target of a symbolic link, bytes.</summary>
    public const int SymlinkBytesMax = 4095;

    public Result<FileStatus> Lookup(ulong parent, ReadOnlySpan<byte> name)
    {
        lock (_state.Gate)
        {
            if (name.Length > NameBytesMax) return Errno.ENAMETOOLONG;
            if (name is [(byte)'.']) return LookupSelf(parent);
            if (!TryGetDirectory(parent, out var directory, out var error)) return error;
            if (name is [(byte)'.', (byte)'.']) return GetStatusLocked(directory.Parent);
            if (!_directory.TryFind(parent, name, out _, out var inode)) return Errno.ENOENT;
            // A name without an inode is on a damaged volume, which is only read: "not there" would be a lie.
            return GetStatusLocked(inode) is { IsOk: true } found ? found : Errno.EIO;
        }
    }

    /// <summary>A file handle was opened, which may be older than the last name of its file.</summary>
    private Result<FileStatus> LookupSelf(ulong inode) =>
        _state.Items.TryGetInode(inode, out var record) && record.LinkCount > 0 ? StatusOf(inode, record) : Errno.ENOENT;

    /// <summary>Makes a regular file, fifo, socket or device, by the type bits of mode; never replaces. EEXIST, ENOTDIR, ENOENT, ENAMETOOLONG, EIO.</summary>
    public async ValueTask<Result<FileStatus>> CreateAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint deviceNumber, FileCaller caller)
    {
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        if (FileMode.IsDirectory(mode) || FileMode.IsSymlink(mode)) return Errno.EINVAL;
        mode &= FileMode.S_IFMT | FileMode.PermissionMask;
        if ((mode & FileMode.S_IFMT) == 0) mode |= FileMode.S_IFREG;
        if (!ItemChecks.IsType(mode)) return Errno.EINVAL;
        lock (_state.Gate) return End(Add(parent, name.Span, mode, deviceNumber, caller, default));
    }

    public async ValueTask<Result<FileStatus>> MakeDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, FileCaller caller)
    {
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        lock (_state.Gate) return End(Add(parent, name.Span, (mode & FileMode.PermissionMask) | FileMode.S_IFDIR, 0, caller, default));
    }

    /// <summary>Makes a symbolic link; ENAMETOOLONG for targets over 4095 bytes.</summary>
    public async ValueTask<Result<FileStatus>> SymlinkAsync(ulong parent, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target, FileCaller caller)
    {
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        if (target.IsEmpty) return Errno.ENOENT;
        if (target.Length > SymlinkBytesMax) return Errno.ENAMETOOLONG;
        lock (_state.Gate) return End(Add(parent, name.Span, FileMode.S_IFLNK | 0x1FF, 0, caller, target.Span));
    }

    private Result<FileStatus> Add(ulong parent, ReadOnlySpan<byte> name, uint mode, uint deviceNumber, FileCaller caller, ReadOnlySpan<byte> target)
    {
        if (CheckNewName(parent, name, out var directory) is var error and not Errno.Ok) return error;
        if (!HasInodeRoom()) return Errno.ENOSPC;
        var asked = mode;
        mode = _state.Lists.ModeOfNew(parent, mode, caller.Umask);
        var key = _directory.Add(parent, name, _state.NextInode, mode);
        if (key == 0) return Errno.ENOSPC;
        var record = NewRecord(parent, directory, mode, caller, _state.Now);
        (record.Size, record.EntryKey, record.DeviceNumber) = ((ulong)target.Length, key, deviceNumber);
        record.LinkCount = FileMode.IsDirectory(mode) ? 2u : 1u;
        var number = _state.NextInode++;
        _state.Items.PutInode(number, record);
        _state.Lists.Inherit(parent, number, asked);
        if (!target.IsEmpty) _state.Items.Put(ItemKeys.Of(number, ItemKind.Symlink), target);
        if (FileMode.IsDirectory(mode)) directory.LinkCount++;
        Touch(parent, directory, record.ChangeTime);
        _state.InodeCount++;
        if (FileMode.IsRegular(mode)) _state.Placer.ClassifyByName(number);
        return GetStatusLocked(number);
    }

    /// <summary>There is a number and metadata room for one more inode.</summary>
    private bool HasInodeRoom() => _state.NextInode < ItemKeys.InodeMax && _state.Space.HasMetadataRoom(besideData: false);

    /// <summary>The record of an inode that is being made in a directory, without size, name and links.</summary>
    private InodeRecord NewRecord(ulong parent, in InodeRecord directory, uint mode, FileCaller caller, long now)
    {
        // A set-group-ID directory hands down its group, and to directories the bit itself.
        var inherits = (directory.Mode & FileMode.S_ISGID) != 0;
        if (inherits && FileMode.IsDirectory(mode)) mode |= FileMode.S_ISGID;
        return new InodeRecord
        {
            AccessTime = now, ModifyTime = now, ChangeTime = now, Parent = parent, Mode = mode, UserId = caller.UserId,
            GroupId = inherits ? directory.GroupId : caller.GroupId, Generation = (uint)_state.Journal.Epoch,
        };
    }

    public async ValueTask<Result<FileStatus>> LinkAsync(ulong inode, ulong newParent, ReadOnlyMemory<byte> newName)
    {
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        lock (_state.Gate) return End(Link(inode, newParent, newName.Span));
    }

    private Result<FileStatus> Link(ulong inode, ulong newParent, ReadOnlySpan<byte> newName)
    {
        if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
        if (FileMode.IsDirectory(record.Mode) || IsImmutable(record)) return Errno.EPERM;
        if (record.LinkCount >= LinkCountMax) return Errno.EMLINK;
        if (CheckNewName(newParent, newName, out var directory) is var error and not Errno.Ok) return error;
        if (!_state.Space.HasMetadataRoom(besideData: false)) return Errno.ENOSPC;
        var key = _directory.Add(newParent, newName, inode, record.Mode);
        if (key == 0) return Errno.ENOSPC;
        // A file whose last name went while it was open lives again.
        if (record.LinkCount == 0)
        {
            _state.Items.Delete(ItemKeys.Of(0, ItemKind.Orphan, inode));
            if (_state.Inodes.TryGet(inode, out var active)) active.Unlinked = false;
        }
        record.LinkCount++;
        record.ChangeTime = _state.Now;
        (record.Parent, record.EntryKey) = (newParent, key);
        _state.Items.PutInode(inode, record);
        Touch(newParent, directory, record.ChangeTime);
        return GetStatusLocked(inode);
    }

    public async ValueTask<Errno> UnlinkAsync(ulong parent, ReadOnlyMemory<byte> name)
    {
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        lock (_state.Gate)
        {
            if (!TryGetDirectory(parent, out var directory, out var error)) return error;
            if (!_directory.TryFind(parent, name.Span, out var key, out var inode)) return Errno.ENOENT;
            Invariant.Holds(_state.Items.TryGetInode(inode, out var record), "an entry names an inode");
            if (FileMode.IsDirectory(record.Mode)) return Errno.EISDIR;
            if (IsImmutable(directory) || IsImmutable(record)) return Errno.EPERM;
            _directory.Remove(parent, key);
            var now = _state.Now;
            Touch(parent, directory, now);
            DropLink(inode, record, now);
            return End(Errno.Ok);
        }
    }

    public async ValueTask<Errno> RemoveDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name)
    {
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        lock (_state.Gate)
        {
            if (!TryGetDirectory(parent, out var directory, out var error)) return error;
            if (!_directory.TryFind(parent, name.Span, out var key, out var inode)) return Errno.ENOENT;
            if (!TryGetDirectory(inode, out var removed, out error)) return error;
            if (!_directory.IsEmpty(inode)) return Errno.ENOTEMPTY;
            if (IsImmutable(directory) || IsImmutable(removed)) return Errno.EPERM;
            _directory.Remove(parent, key);
            directory.LinkCount--;
            Touch(parent, directory, _state.Now);
            _state.Inodes.DeleteItems(inode);
            return End(Errno.Ok);
        }
    }

    /// <summary>
    /// Renames, replacing an existing target in the same transaction. The source's data goes to media first when it replaces something, so that a crash shows
    /// the old content or the new, never an empty file.
    /// </summary>
    public async ValueTask<Errno> RenameAsync(ulong parent, ReadOnlyMemory<byte> name, ulong newParent, ReadOnlyMemory<byte> newName, RenameFlags flags)
    {
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        if ((flags & ~(RenameFlags.NoReplace | RenameFlags.Exchange)) != 0 || flags == (RenameFlags.NoReplace | RenameFlags.Exchange)) return Errno.EINVAL;
        var error = await StoreBeforeReplaceAsync(parent, name, newParent, newName);
        if (error != Errno.Ok) return error;
        ulong moved;
        lock (_state.Gate)
        {
            if (!TryGetDirectory(parent, out _, out error) || !TryGetDirectory(newParent, out _, out error)) return error;
            error = Rename(parent, name.Span, newParent, newName.Span, flags, out moved);
            End(error);
        }
        if (error == Errno.Ok && moved != 0) await _state.Placer.ReclassifyAsync(moved);
        return error;
    }

    private async ValueTask<Errno> StoreBeforeReplaceAsync(ulong parent, ReadOnlyMemory<byte> name, ulong newParent, ReadOnlyMemory<byte> newName)
    {
        Inode source;
        lock (_state.Gate)
        {
            if (!_directory.TryFind(parent, name.Span, out _, out var inode) || !_directory.TryFind(newParent, newName.Span, out _, out _)) return Errno.Ok;
            if (!_state.Inodes.TryGet(inode, out source) || !(source.IsDirty || source.Flushing is not null)) return Errno.Ok;
            source.References++;
        }
        var error = await _state.WriteBack.StoreAsync(source);
        lock (_state.Gate) _state.Inodes.Release(source);
        return error;
    }

    private Errno Rename(ulong parent, ReadOnlySpan<byte> name, ulong newParent, ReadOnlySpan<byte> newName, RenameFlags flags, out ulong moved)
    {
        moved = 0;
        if (!_directory.TryFind(parent, name, out var key, out var inode)) return Errno.ENOENT;
        if (newName.Length > NameBytesMax) return Errno.ENAMETOOLONG;
        if (Namespace.Directory.Validate(newName) is var invalid and not Errno.Ok) return invalid;
        Invariant.Holds(_state.Items.TryGetInode(inode, out var record), "an entry names an inode");
        var isDirectory = FileMode.IsDirectory(record.Mode);
        var replaces = _directory.TryFind(newParent, newName, out var targetKey, out var target);
        if (replaces && (flags & RenameFlags.NoReplace) != 0) return Errno.EEXIST;
        if (!replaces && (flags & RenameFlags.Exchange) != 0) return Errno.ENOENT;
        if (isDirectory && IsInside(newParent, inode)) return Errno.EINVAL;
        if (AnyImmutable(parent, newParent, inode, replaces ? target : inode)) return Errno.EPERM;
        if (replaces)
        {
            if (target == inode) return Errno.Ok;
            if ((flags & RenameFlags.Exchange) != 0) return Exchange(parent, key, name, inode, newParent, targetKey, newName, target);
            var error = Replace(newParent, targetKey, target, isDirectory);
            if (error != Errno.Ok) return error;
        }
        _directory.Remove(parent, key);
        if (_state.Planted == PlantedBug.SplitRename) _state.Journal.SealCurrent();
        var newKey = _directory.Add(newParent, newName, inode, record.Mode);
        Invariant.Holds(newKey != 0, "fewer than 256 names of one hash");
        Relink(inode, newParent, newKey);
        TouchBoth(parent, newParent, isDirectory);
        if (!isDirectory) moved = inode;
        return Errno.Ok;
    }

    private Errno Replace(ulong parent, ulong key, ulong target, bool byDirectory)
    {
        Invariant.Holds(_state.Items.TryGetInode(target, out var record), "an entry names an inode");
        var isDirectory = FileMode.IsDirectory(record.Mode);
        if (isDirectory && !byDirectory) return Errno.EISDIR;
        if (!isDirectory && byDirectory) return Errno.ENOTDIR;
        if (isDirectory && !_directory.IsEmpty(target)) return Errno.ENOTEMPTY;
        _directory.Remove(parent, key);
        if (!isDirectory)
        {
            DropLink(target, record, _state.Now);
            return Errno.Ok;
        }
        _state.Inodes.DeleteItems(target);
        ChangeLinks(parent, -1);
        return Errno.Ok;
    }

    private Errno Exchange(
        ulong parent, ulong key, ReadOnlySpan<byte> name, ulong inode, ulong newParent, ulong newKey, ReadOnlySpan<byte> newName, ulong target)
    {
        Invariant.Holds(_state.Items.TryGetInode(inode, out var one) && _state.Items.TryGetInode(target, out _), "an entry names an inode");
        _state.Items.TryGetInode(target, out var other);
        if (FileMode.IsDirectory(other.Mode) && IsInside(parent, target)) return Errno.EINVAL;
        _directory.Put(parent, key, name, target, other.Mode);
        _directory.Put(newParent, newKey, newName, inode, one.Mode);
        Relink(inode, newParent, newKey);
        Relink(target, parent, key);
        if (parent != newParent)
        {
            var change = (FileMode.IsDirectory(other.Mode) ? 1 : 0) - (FileMode.IsDirectory(one.Mode) ? 1 : 0);
            ChangeLinks(parent, change);
            ChangeLinks(newParent, -change);
        }
        TouchBoth(parent, newParent, movedDirectory: false);
        return Errno.Ok;
    }

    private void Relink(ulong inode, ulong parent, ulong key)
    {
        _state.Items.TryGetInode(inode, out var record);
        (record.Parent, record.EntryKey, record.ChangeTime) = (parent, key, _state.Now);
        _state.Items.PutInode(inode, record);
    }

    private void TouchBoth(ulong parent, ulong newParent, bool movedDirectory)
    {
        if (movedDirectory && parent != newParent)
        {
            ChangeLinks(parent, -1);
            ChangeLinks(newParent, 1);
        }
        var now = _state.Now;
        foreach (var number in parent == newParent ? stackalloc[] { parent } : stackalloc[] { parent, newParent })
        {
            _state.Items.TryGetInode(number, out var record);
            Touch(number, record, now);
        }
    }

    private void ChangeLinks(ulong directory, int change)
    {
        _state.Items.TryGetInode(directory, out var record);
        record.LinkCount = (uint)(record.LinkCount + change);
        _state.Items.PutInode(directory, record);
    }

    private bool IsInside(ulong directory, ulong ancestor)
    {
        // On a damaged volume the way up may be a circle; no way is longer than there are inodes.
        for (var steps = _state.InodeCount; directory != RootInode; steps--)
        {
            if (directory == ancestor || steps < 0) return true;
            Invariant.Holds(_state.Items.TryGetInode(directory, out var record), "a directory has a parent");
            directory = record.Parent;
        }
        return ancestor == RootInode;
    }

    /// <summary>Copies a symbolic link's target into the span; EINVAL where the inode is none.</summary>
    public Result<int> ReadLink(ulong inode, Span<byte> into)
    {
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out _)) return Errno.ENOENT;
            if (!_state.Tree.TryGet(ItemKeys.Of(inode, ItemKind.Symlink), out var target)) return Errno.EINVAL;
            var count = Math.Min(into.Length, target.Length);
            target[..count].CopyTo(into);
            return count;
        }
    }

    /// <summary>Lists a directory from a cookie (0 = start; "." and ".." come first) into the sink until it is full or the listing ends.</summary>
    public Errno ReadDirectory(ulong inode, ulong cookie, IDirectorySink sink)
    {
        lock (_state.Gate)
        {
            if (!TryGetDirectory(inode, out var record, out var error)) return error;
            if (cookie == 0)
            {
                if (!sink.TryAdd("."u8, 1, new FileStatus { Inode = inode, Mode = record.Mode })) return Errno.Ok;
                cookie = 1;
            }
            if (cookie == 1)
            {
                if (!sink.TryAdd(".."u8, 2, new FileStatus { Inode = record.Parent, Mode = FileMode.S_IFDIR })) return Errno.Ok;
                cookie = 2;
            }
            for (var entries = _directory.EntriesAfter(inode, cookie); entries.MoveNext();)
            {
                var status = GetStatusLocked(entries.Inode);
                if (!sink.TryAdd(entries.Name, entries.Cookie, status.IsOk ? status.Value : new FileStatus { Inode = entries.Inode })) break;
            }
            return Errno.Ok;
        }
    }
}
