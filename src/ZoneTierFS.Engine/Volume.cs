using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>The engine's only public door: format, open, operations, close. All operations may be called from any thread.</summary>
public sealed partial class Volume : IAsyncDisposable
{
    public const ulong RootInode = 1;

    /// <summary>Longest file name, bytes.</summary>
    public const int NameBytesMax = 255;

    // ---- life ----
    public static Task FormatAsync(IReadOnlyList<TierDevice> devices, FormatOptions options, VolumeEnvironment environment, IProgress<double>? progress, CancellationToken ct) => throw new NotSupportedException();
    /// <summary>What is on a device; null where there is no superblock.</summary>
    public static Task<VolumeDescription?> DescribeAsync(IZonedDevice device, CancellationToken ct) => throw new NotSupportedException();
    /// <summary>Recovers and opens. Throws <see cref="VolumeException"/>. The volume owns the devices from here on, also when this fails.</summary>
    public static Task<Volume> OpenAsync(IReadOnlyList<TierDevice> devices, VolumeOptions options, VolumeEnvironment environment, CancellationToken ct) => throw new NotSupportedException();
    /// <summary>Writes back, checkpoints and closes the devices.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();

    // ---- names ----
    public Result<FileStatus> Lookup(ulong parent, ReadOnlySpan<byte> name) => throw new NotSupportedException();
    /// <summary>Makes a regular file, fifo, socket or device, by the type bits of mode; never replaces.</summary>
    public ValueTask<Result<FileStatus>> CreateAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint deviceNumber, FileCaller caller) => throw new NotSupportedException();
    public ValueTask<Result<FileStatus>> MakeDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, FileCaller caller) => throw new NotSupportedException();
    public ValueTask<Result<FileStatus>> SymlinkAsync(ulong parent, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target, FileCaller caller) => throw new NotSupportedException();
    public ValueTask<Result<FileStatus>> LinkAsync(ulong inode, ulong newParent, ReadOnlyMemory<byte> newName) => throw new NotSupportedException();
    public ValueTask<Errno> UnlinkAsync(ulong parent, ReadOnlyMemory<byte> name) => throw new NotSupportedException();
    public ValueTask<Errno> RemoveDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name) => throw new NotSupportedException();
    public ValueTask<Errno> RenameAsync(ulong parent, ReadOnlyMemory<byte> name, ulong newParent, ReadOnlyMemory<byte> newName, RenameFlags flags) => throw new NotSupportedException();
    /// <summary>Copies the target into the span; E2BIG-free: targets are at most 4095 bytes.</summary>
    public Result<int> ReadLink(ulong inode, Span<byte> into) => throw new NotSupportedException();
    /// <summary>Lists a directory from a cookie (0 = start; "." and ".." come first) into the sink until it is full or the listing ends.</summary>
    public Errno ReadDirectory(ulong inode, ulong cookie, IDirectorySink sink) => throw new NotSupportedException();

    // ---- attributes ----
    public Result<FileStatus> GetStatus(ulong inode) => throw new NotSupportedException();
    public ValueTask<Result<FileStatus>> SetStatusAsync(ulong inode, FileStatusChanges changes) => throw new NotSupportedException();
    /// <summary>Value's length; copies it when the span is long enough, ERANGE when it is not empty and too short, ENODATA where there is none.</summary>
    public Result<int> GetXattr(ulong inode, ReadOnlySpan<byte> name, Span<byte> into) => throw new NotSupportedException();
    public ValueTask<Errno> SetXattrAsync(ulong inode, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, XattrSetMode mode) => throw new NotSupportedException();
    /// <summary>Names, each ended by a zero byte; lengths as for <see cref="GetXattr"/>.</summary>
    public Result<int> ListXattrs(ulong inode, Span<byte> into) => throw new NotSupportedException();
    public ValueTask<Errno> RemoveXattrAsync(ulong inode, ReadOnlyMemory<byte> name) => throw new NotSupportedException();

    // ---- open files ----
    /// <summary>Opens a regular file; the value is a handle for the calls below.</summary>
    public ValueTask<Result<ulong>> OpenFileAsync(ulong inode, OpenFlags flags) => throw new NotSupportedException();
    /// <summary>Bytes read, less than asked only at the end of the file.</summary>
    /// <param name="into">Memory whose capacity is at least the length rounded up to 4096, aligned to 4096, is read into without a copy.</param>
    public ValueTask<Result<int>> ReadAsync(ulong handle, long offset, Memory<byte> into) => throw new NotSupportedException();
    /// <summary>Writes all of the data or, on error, none of it.</summary>
    /// <param name="append">Write at the end of the file instead of the offset.</param>
    public ValueTask<Result<int>> WriteAsync(ulong handle, long offset, ReadOnlyMemory<byte> data, bool append, bool killSetId) => throw new NotSupportedException();
    /// <summary>The file's data and metadata are durable when this returns Ok.</summary>
    public ValueTask<Errno> FsyncAsync(ulong handle, bool dataOnly) => throw new NotSupportedException();
    /// <summary>A descriptor of the file was closed: reports a pending write-back error.</summary>
    public ValueTask<Errno> FlushFileAsync(ulong handle) => throw new NotSupportedException();
    public ValueTask ReleaseAsync(ulong handle) => throw new NotSupportedException();
    public ValueTask<Errno> AllocateAsync(ulong handle, AllocateMode mode, long offset, long length) => throw new NotSupportedException();
    /// <summary>The next data (or hole) at or after the offset, as lseek's SEEK_DATA and SEEK_HOLE.</summary>
    public Result<long> Seek(ulong handle, long offset, bool hole) => throw new NotSupportedException();

    // ---- the whole volume ----
    /// <summary>Everything done before this call is durable when it returns Ok: syncfs, fsync of a directory.</summary>
    public ValueTask<Errno> SyncAsync() => throw new NotSupportedException();
    public SpaceUsage GetSpace() => throw new NotSupportedException();
    public VolumeStatus GetVolumeStatus() => throw new NotSupportedException();
    /// <summary>Reads everything and verifies every checksum. Damage is reported, never mended.</summary>
    public Task<CheckReport> CheckAsync(IProgress<double>? progress, CancellationToken ct) => throw new NotSupportedException();

    // ---- placement ----
    public Result<FilePlacement> GetPlacement(ulong inode) => throw new NotSupportedException();
    /// <summary>Sets the class by hand; null lets the rules decide again.</summary>
    public ValueTask<Errno> SetClassAsync(ulong inode, FileClass? fileClass) => throw new NotSupportedException();
    /// <summary>Pins the file to a tier by name, so that the mover brings it there and leaves it; null unpins. EINVAL for an unknown tier.</summary>
    public ValueTask<Errno> SetPinAsync(ulong inode, string? tier) => throw new NotSupportedException();
    /// <summary>Asks the mover to promote the file now; progress shows in <see cref="FilePlacement.BytesByTier"/>.</summary>
    public Errno Warm(ulong inode) => throw new NotSupportedException();
    /// <summary>Drops the file's clean copies on the fast tier.</summary>
    public ValueTask<Errno> EvictAsync(ulong inode) => throw new NotSupportedException();
}
