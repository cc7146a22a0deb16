using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuzz;

/// <summary>Answers everything at once, without memory of its own: what is measured or fuzzed over it is the FUSE layer.</summary>
internal sealed unsafe class NullFileSystem : IFuseFileSystem
{
    private static readonly FileStatus Status = new() { Inode = 42, Mode = 0x81A4, LinkCount = 1, Size = 1 << 30 };

    /// <summary>Where the last read's or write's memory began.</summary>
    public nint LastBuffer { get; private set; }

    public ValueTask<Result<FileStatus>> LookupAsync(ulong parent, ReadOnlyMemory<byte> name) => new(name.Length % 2 == 0 ? Errno.ENOENT : Status);

    public ValueTask<Result<FileStatus>> GetStatusAsync(ulong inode) => new(Status);

    public ValueTask<Result<FileStatus>> SetStatusAsync(ulong inode, ulong? handle, FileStatusChanges changes, FileCaller caller) => new(Status);

    public ValueTask<Result<int>> ReadLinkAsync(ulong inode, Memory<byte> into) => new(into.Length);

    public ValueTask<Result<FileStatus>> MakeNodeAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint deviceNumber, FileCaller caller) => new(Status);

    public ValueTask<Result<FileStatus>> MakeDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, FileCaller caller) => new(Status);

    public ValueTask<Result<FileStatus>> SymlinkAsync(ulong parent, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target, FileCaller caller) => new(Status);

    public ValueTask<Result<FileStatus>> LinkAsync(ulong inode, ulong newParent, ReadOnlyMemory<byte> newName) => new(Status);

    public ValueTask<Errno> UnlinkAsync(ulong parent, ReadOnlyMemory<byte> name) => new(Errno.Ok);

    public ValueTask<Errno> RemoveDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name) => new(Errno.Ok);

    public ValueTask<Errno> RenameAsync(ulong parent, ReadOnlyMemory<byte> name, ulong newParent, ReadOnlyMemory<byte> newName, uint flags) => new(Errno.Ok);

    public ValueTask<Result<FuseOpened>> OpenAsync(ulong inode, uint flags, bool killSetId, FileCaller caller) => new(new FuseOpened(1, true, false));

    public ValueTask<Result<FuseCreated>> CreateAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint flags, FileCaller caller) =>
        new(new FuseCreated(Status, new FuseOpened(1, true, false)));

    public ValueTask<Result<FuseCreated>> CreateUnnamedAsync(ulong parent, uint mode, uint flags, FileCaller caller) =>
        new(new FuseCreated(Status, new FuseOpened(1, true, false)));

    public ValueTask<Result<long>> CopyRangeAsync(FuseCopyRange range, FileCaller caller, CancellationToken interrupted) => new(range.Length);

    public ValueTask<Result<uint>> GetFlagsAsync(ulong inode) => new(0u);

    public ValueTask<Errno> SetFlagsAsync(ulong inode, uint flags) => new(Errno.Ok);

    public ValueTask<Result<int>> ReadAsync(ulong inode, ulong handle, long offset, Memory<byte> into, CancellationToken interrupted)
    {
        fixed (byte* start = into.Span)
            LastBuffer = (nint)start;
        return new(into.Length);
    }

    public ValueTask<Result<int>> WriteAsync(
        ulong inode, ulong handle, long offset, ReadOnlyMemory<byte> data, uint flags, bool killSetId, CancellationToken interrupted)
    {
        fixed (byte* start = data.Span)
            LastBuffer = (nint)start;
        return new(data.Length);
    }

    public ValueTask<Errno> FlushAsync(ulong inode, ulong handle) => new(Errno.Ok);

    public ValueTask ReleaseAsync(ulong inode, ulong handle) => ValueTask.CompletedTask;

    public ValueTask<Errno> FsyncAsync(ulong inode, ulong handle, bool dataOnly) => new(Errno.Ok);

    public ValueTask<Errno> FsyncDirectoryAsync(ulong inode, bool dataOnly) => new(Errno.Ok);

    public ValueTask<Errno> ReadDirectoryAsync(ulong inode, ulong cookie, IDirectorySink sink)
    {
        while (sink.TryAdd("a-name-of-some-length"u8, ++cookie, Status))
        {
        }
        return new(Errno.Ok);
    }

    public ValueTask<Result<FuseSpace>> GetSpaceAsync() => new(default(FuseSpace));

    public ValueTask<Result<int>> GetXattrAsync(ulong inode, ReadOnlyMemory<byte> name, Memory<byte> into, FileCaller caller) => new(100);

    public ValueTask<Result<int>> ListXattrsAsync(ulong inode, Memory<byte> into, FileCaller caller) => new(100);

    public ValueTask<Errno> SetXattrAsync(
        ulong inode, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, uint flags, bool killSetGroupId, FileCaller caller) => new(Errno.Ok);

    public ValueTask<Errno> RemoveXattrAsync(ulong inode, ReadOnlyMemory<byte> name, FileCaller caller) => new(Errno.Ok);

    public ValueTask<Errno> AllocateAsync(ulong inode, ulong handle, long offset, long length, uint mode, CancellationToken interrupted) => new(Errno.Ok);

    public ValueTask<Result<long>> SeekAsync(ulong inode, ulong handle, long offset, uint whence) => new(offset);

    public ValueTask<Errno> SyncAsync() => new(Errno.Ok);
}
