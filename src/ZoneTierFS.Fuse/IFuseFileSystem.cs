using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>
/// What a filesystem answers to the kernel. Every call may come from several threads at once; memory that is passed in is valid until the returned task
/// completes. A call that completes synchronously is answered on the thread that took it, without allocation; otherwise that thread waits. Inode 1 is the
/// root; inode numbers are never used again, so the kernel's forgetting of inodes is not passed on. Expected failures are errnos; an exception is a bug.
/// A cancelled token says that the caller caught a signal: a call that waits for room may give up with EINTR, having changed nothing; none has to.
/// </summary>
public interface IFuseFileSystem
{
    /// <param name="name">"." leads to the inode itself, whatever it is, and ".." to the parent of a directory: so a file handle is opened.</param>
    ValueTask<Result<FileStatus>> LookupAsync(ulong parent, ReadOnlyMemory<byte> name);
    ValueTask<Result<FileStatus>> GetStatusAsync(ulong inode);
    /// <param name="changes">
    /// Empty where something takes privileges from the file (<see cref="FileStatusChanges.IsEmpty"/>): set-ID bits or security.capability must go.
    /// </param>
    ValueTask<Result<FileStatus>> SetStatusAsync(ulong inode, ulong? handle, FileStatusChanges changes, FileCaller caller);
    /// <summary>Bytes of the target copied into the memory.</summary>
    ValueTask<Result<int>> ReadLinkAsync(ulong inode, Memory<byte> into);
    ValueTask<Result<FileStatus>> MakeNodeAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint deviceNumber, FileCaller caller);
    ValueTask<Result<FileStatus>> MakeDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, FileCaller caller);
    ValueTask<Result<FileStatus>> SymlinkAsync(ulong parent, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target, FileCaller caller);
    ValueTask<Result<FileStatus>> LinkAsync(ulong inode, ulong newParent, ReadOnlyMemory<byte> newName);
    ValueTask<Errno> UnlinkAsync(ulong parent, ReadOnlyMemory<byte> name);
    ValueTask<Errno> RemoveDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name);
    ValueTask<Errno> RenameAsync(ulong parent, ReadOnlyMemory<byte> name, ulong newParent, ReadOnlyMemory<byte> newName, uint flags);
    /// <param name="flags">Of open(2)'s flags: the access mode, O_TRUNC, O_SYNC, O_DSYNC and O_NOATIME. The kernel sees to all others.</param>
    /// <param name="killSetId">With O_TRUNC: clear set-ID bits, because the caller is not privileged.</param>
    ValueTask<Result<FuseOpened>> OpenAsync(ulong inode, uint flags, bool killSetId, FileCaller caller);
    /// <param name="flags">As for <see cref="OpenAsync"/>.</param>
    ValueTask<Result<FuseCreated>> CreateAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint flags, FileCaller caller);
    /// <summary>Makes a file without a name, as O_TMPFILE wants it: linked later, or gone when its last handle is released.</summary>
    /// <param name="parent">The directory whose rules for new files apply.</param>
    /// <param name="flags">As for <see cref="OpenAsync"/>.</param>
    ValueTask<Result<FuseCreated>> CreateUnnamedAsync(ulong parent, uint mode, uint flags, FileCaller caller);
    /// <summary>Bytes read, fewer than asked only at the end of the file.</summary>
    /// <param name="into">The start of an <see cref="AlignedMemory"/>'s page, with whole pages of it to fill even where the length is none.</param>
    ValueTask<Result<int>> ReadAsync(ulong inode, ulong handle, long offset, Memory<byte> into, CancellationToken interrupted);
    /// <summary>Bytes written. The offset says where, also for a file opened with O_APPEND: the kernel knows the end of the file.</summary>
    /// <param name="data">Aligned to a page within its <see cref="AlignedMemory"/>.</param>
    /// <param name="flags">As for <see cref="OpenAsync"/>, but as they are now. With O_SYNC or O_DSYNC on direct I/O nobody else asks for the sync.</param>
    ValueTask<Result<int>> WriteAsync(
        ulong inode, ulong handle, long offset, ReadOnlyMemory<byte> data, uint flags, bool killSetId, CancellationToken interrupted);
    /// <summary>Copies bytes from one file to another, or within one. Bytes copied, perhaps fewer than asked; none at the end of the source.</summary>
    ValueTask<Result<long>> CopyRangeAsync(FuseCopyRange range, FileCaller caller, CancellationToken interrupted);
    ValueTask<Errno> FlushAsync(ulong inode, ulong handle);
    ValueTask ReleaseAsync(ulong inode, ulong handle);
    ValueTask<Errno> FsyncAsync(ulong inode, ulong handle, bool dataOnly);
    ValueTask<Errno> FsyncDirectoryAsync(ulong inode, bool dataOnly);
    /// <summary>Adds entries to the sink from a cookie (0 = start) on, "." and ".." among them, until it is full or the listing ends.</summary>
    ValueTask<Errno> ReadDirectoryAsync(ulong inode, ulong cookie, IDirectorySink sink);
    ValueTask<Result<FuseSpace>> GetSpaceAsync();
    /// <summary>Length of the value, copied where it fits; see getxattr(2). An empty memory asks for the length alone.</summary>
    ValueTask<Result<int>> GetXattrAsync(ulong inode, ReadOnlyMemory<byte> name, Memory<byte> into, FileCaller caller);
    ValueTask<Result<int>> ListXattrsAsync(ulong inode, Memory<byte> into, FileCaller caller);
    /// <param name="flags">setxattr(2)'s flags.</param>
    /// <param name="killSetGroupId">With an access control list: clear the set-group-ID bit, because the caller does not belong to the file's group.</param>
    ValueTask<Errno> SetXattrAsync(
        ulong inode, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, uint flags, bool killSetGroupId, FileCaller caller);
    ValueTask<Errno> RemoveXattrAsync(ulong inode, ReadOnlyMemory<byte> name, FileCaller caller);
    /// <summary>The flags that lsattr shows, by the numbers of FS_IOC_GETFLAGS.</summary>
    ValueTask<Result<uint>> GetFlagsAsync(ulong inode);
    /// <summary>Sets the flags to exactly these; EOPNOTSUPP where one of them is not kept. The kernel has checked the caller's privileges.</summary>
    ValueTask<Errno> SetFlagsAsync(ulong inode, uint flags);
    /// <param name="mode">fallocate(2) mode bits.</param>
    ValueTask<Errno> AllocateAsync(ulong inode, ulong handle, long offset, long length, uint mode, CancellationToken interrupted);
    /// <param name="whence">SEEK_DATA (3) or SEEK_HOLE (4).</param>
    ValueTask<Result<long>> SeekAsync(ulong inode, ulong handle, long offset, uint whence);
    /// <summary>Everything done before is durable when it returns Ok.</summary>
    ValueTask<Errno> SyncAsync();
}
