using ZoneTierFS.Engine;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Cli.Serving;

/// <summary>The thin adapter from the kernel's requests to the volume's operations: it translates flags and decides nothing else.</summary>
internal sealed partial class VolumeFileSystem(Volume volume, ControlAttributes control) : IFuseFileSystem
{
    /// <summary>What O_SYNC has beyond O_DSYNC: the metadata too.</summary>
    private const uint SyncMetadata = LibC.O_SYNC & ~LibC.O_DSYNC;

    private const uint XattrFlagsMax = (uint)XattrSetMode.Replace;

    public ValueTask<Result<FileStatus>> LookupAsync(ulong parent, ReadOnlyMemory<byte> name) => new(volume.Lookup(parent, name.Span));

    public ValueTask<Result<FileStatus>> GetStatusAsync(ulong inode) => new(volume.GetStatus(inode));

    public ValueTask<Result<FileStatus>> SetStatusAsync(ulong inode, ulong? handle, FileStatusChanges changes, FileCaller caller) =>
        changes.IsEmpty ? volume.DropPrivilegesAsync(inode, caller) : volume.SetStatusAsync(inode, changes);

    public ValueTask<Result<int>> ReadLinkAsync(ulong inode, Memory<byte> into)
    {
        volume.NoteAccess(inode);
        return new(volume.ReadLink(inode, into.Span));
    }

    public ValueTask<Result<FileStatus>> MakeNodeAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint deviceNumber, FileCaller caller) =>
        volume.CreateAsync(parent, name, mode, deviceNumber, caller);

    public ValueTask<Result<FileStatus>> MakeDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, FileCaller caller) =>
        volume.MakeDirectoryAsync(parent, name, mode, caller);

    public ValueTask<Result<FileStatus>> SymlinkAsync(ulong parent, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target, FileCaller caller) =>
        volume.SymlinkAsync(parent, name, target, caller);

    public ValueTask<Result<FileStatus>> LinkAsync(ulong inode, ulong newParent, ReadOnlyMemory<byte> newName) => volume.LinkAsync(inode, newParent, newName);

    public ValueTask<Errno> UnlinkAsync(ulong parent, ReadOnlyMemory<byte> name) => volume.UnlinkAsync(parent, name);

    public ValueTask<Errno> RemoveDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name) => volume.RemoveDirectoryAsync(parent, name);

    public ValueTask<Errno> RenameAsync(ulong parent, ReadOnlyMemory<byte> name, ulong newParent, ReadOnlyMemory<byte> newName, uint flags)
    {
        const uint Known = (uint)(RenameFlags.NoReplace | RenameFlags.Exchange);
        return (flags & ~Known) != 0 ? new(Errno.EINVAL) : volume.RenameAsync(parent, name, newParent, newName, (RenameFlags)flags);
    }

    public async ValueTask<Result<FuseOpened>> OpenAsync(ulong inode, uint flags, bool killSetId, FileCaller caller)
    {
        var opened = await volume.OpenFileAsync(inode, Translate(flags, killSetId));
        if (!opened.IsOk)
            return opened.Error;
        // What the page cache holds is read without a word to us, so opening for reading counts.
        var reads = (flags & (LibC.O_ACCMODE | LibC.O_NOATIME)) == LibC.O_RDONLY;
        return Cached(opened.Value) with { AccessTimeMoved = reads && volume.NoteAccess(inode) };
    }

    public async ValueTask<Result<FuseCreated>> CreateAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint flags, FileCaller caller)
    {
        var created = await volume.CreateAsync(parent, name, (mode & ~FileMode.S_IFMT) | FileMode.S_IFREG, 0, caller);
        if (!created.IsOk)
            return created.Error;
        var opened = await volume.OpenFileAsync(created.Value.Inode, Translate(flags, killSetId: false));
        return opened.IsOk ? new FuseCreated(created.Value, Cached(opened.Value)) : opened.Error;
    }

    public ValueTask<Result<int>> ReadAsync(ulong inode, ulong handle, long offset, Memory<byte> into, CancellationToken interrupted) =>
        volume.ReadAsync(handle, offset, into);

    public ValueTask<Result<int>> WriteAsync(
        ulong inode, ulong handle, long offset, ReadOnlyMemory<byte> data, uint flags, bool killSetId, CancellationToken interrupted)
    {
        // The kernel has resolved O_APPEND: it alone changes sizes, so its offset is the end of the file.
        var written = volume.WriteAsync(handle, offset, data, append: false, killSetId, interrupted);
        return (flags & LibC.O_DSYNC) == 0 ? written : ThenSyncAsync(written, handle, dataOnly: (flags & SyncMetadata) == 0);
    }

    public ValueTask<Errno> FlushAsync(ulong inode, ulong handle) => volume.FlushFileAsync(handle);

    public ValueTask ReleaseAsync(ulong inode, ulong handle) => volume.ReleaseAsync(handle);

    public ValueTask<Errno> FsyncAsync(ulong inode, ulong handle, bool dataOnly) => volume.FsyncAsync(handle, dataOnly);

    public ValueTask<Errno> FsyncDirectoryAsync(ulong inode, bool dataOnly) => volume.SyncAsync();

    public ValueTask<Errno> ReadDirectoryAsync(ulong inode, ulong cookie, IDirectorySink sink)
    {
        if (cookie == 0)
            volume.NoteAccess(inode);
        return new(volume.ReadDirectory(inode, cookie, sink));
    }

    public ValueTask<Result<FuseSpace>> GetSpaceAsync()
    {
        var space = volume.GetSpace();
        // Inodes are made as needed, so what limits the number of files is the space.
        return new(new FuseSpace(space.TotalBlocks, space.FreeBlocks, space.FreeBlocks, space.Files + space.FreeBlocks, space.FreeBlocks, Volume.NameBytesMax));
    }

    public ValueTask<Result<int>> GetXattrAsync(ulong inode, ReadOnlyMemory<byte> name, Memory<byte> into, FileCaller caller)
    {
        return new(ControlAttributes.IsControl(name.Span) ? control.Get(inode, name.Span, into.Span, caller) : volume.GetXattr(inode, name.Span, into.Span));
    }

    public ValueTask<Result<int>> ListXattrsAsync(ulong inode, Memory<byte> into, FileCaller caller)
    {
        var stored = volume.ListXattrs(inode, into.Span, withTrusted: caller.UserId == 0);
        return new(stored.IsOk ? control.List(inode, into.Span, stored.Value) : stored);
    }

    public ValueTask<Errno> SetXattrAsync(
        ulong inode, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, uint flags, bool killSetGroupId, FileCaller caller)
    {
        if (flags > XattrFlagsMax)
            return new(Errno.EINVAL);
        return ControlAttributes.IsControl(name.Span)
            ? control.SetAsync(inode, name.Span, value.Span, caller)
            : volume.SetXattrAsync(inode, name, value, (XattrSetMode)flags, killSetGroupId);
    }

    public ValueTask<Errno> RemoveXattrAsync(ulong inode, ReadOnlyMemory<byte> name, FileCaller caller) =>
        ControlAttributes.IsControl(name.Span) ? control.RemoveAsync(inode, name.Span, caller) : volume.RemoveXattrAsync(inode, name);

    public ValueTask<Errno> AllocateAsync(ulong inode, ulong handle, long offset, long length, uint mode, CancellationToken interrupted) => mode switch
    {
        0 => volume.AllocateAsync(handle, AllocateMode.Extend, offset, length, interrupted),
        LibC.FALLOC_FL_KEEP_SIZE => volume.AllocateAsync(handle, AllocateMode.KeepSize, offset, length, interrupted),
        LibC.FALLOC_FL_PUNCH_HOLE | LibC.FALLOC_FL_KEEP_SIZE => volume.AllocateAsync(handle, AllocateMode.PunchHole, offset, length, interrupted),
        LibC.FALLOC_FL_ZERO_RANGE => volume.AllocateAsync(handle, AllocateMode.ZeroRange, offset, length, interrupted),
        LibC.FALLOC_FL_ZERO_RANGE | LibC.FALLOC_FL_KEEP_SIZE => volume.AllocateAsync(handle, AllocateMode.ZeroRangeKeepSize, offset, length, interrupted),
        _ => new(Errno.EOPNOTSUPP),
    };

    public ValueTask<Result<long>> SeekAsync(ulong inode, ulong handle, long offset, uint whence) => (int)whence switch
    {
        LibC.SEEK_DATA => volume.SeekAsync(handle, offset, hole: false),
        LibC.SEEK_HOLE => volume.SeekAsync(handle, offset, hole: true),
        _ => new(Errno.EINVAL),
    };

    public ValueTask<Errno> SyncAsync() => volume.SyncAsync();

    private static FuseOpened Cached(ulong handle) => new(handle, KeepCache: true, DirectIo: false);

    internal static OpenFlags Translate(uint flags, bool killSetId)
    {
        var access = (flags & LibC.O_ACCMODE) switch
        {
            LibC.O_RDONLY => OpenFlags.Read,
            LibC.O_WRONLY => OpenFlags.Write,
            _ => OpenFlags.Read | OpenFlags.Write,
        };
        return access | ((flags & LibC.O_TRUNC) != 0 ? OpenFlags.Truncate : 0) | (killSetId ? OpenFlags.KillSetId : 0)
            | ((flags & LibC.O_NOATIME) != 0 ? OpenFlags.NoAccessTime : 0);
    }

    private async ValueTask<Result<int>> ThenSyncAsync(ValueTask<Result<int>> write, ulong handle, bool dataOnly)
    {
        var written = await write;
        if (!written.IsOk)
            return written;
        var error = await volume.FsyncAsync(handle, dataOnly);
        return error == Errno.Ok ? written : error;
    }
}
