using System.Text;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Fuse;

/// <summary>Writes down each call and gives fixed answers, so that a test sees what a request was understood as.</summary>
internal sealed class ScriptedFileSystem : IFuseFileSystem
{
    public static readonly FileStatus Status = new()
    {
        Inode = 0x2A,
        Size = 0x1234,
        Blocks = 16,
        AccessTime = 1_000_000_002,
        ModifyTime = 3_000_000_004,
        ChangeTime = -1,
        Mode = 0x81A4,
        LinkCount = 2,
        UserId = 1000,
        GroupId = 2000,
        Generation = 5,
    };

    private readonly List<string> _calls = [];

    /// <summary>What calls answer instead, where it is not Ok.</summary>
    public Errno Error { get; set; }

    /// <summary>How those calls begin that answer with the error; empty for all.</summary>
    public string ErrorCalls { get; set; } = "";

    /// <summary>What every call throws instead.</summary>
    public Exception? Bug { get; set; }

    /// <summary>Reads and writes wait for this before they answer, or until they are interrupted.</summary>
    public TaskCompletionSource? Gate { get; init; }

    /// <summary>Completes when a read or write waits at the gate.</summary>
    public TaskCompletionSource AtGate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Opening a file moves its access time.</summary>
    public bool MovesAccessTime { get; set; }

    /// <summary>Answers come later, from another thread.</summary>
    public bool IsSlow { get; set; }

    public FileStatus Found { get; set; } = Status;

    public string Calls => string.Join("; ", _calls);

    public ValueTask<Result<FileStatus>> LookupAsync(ulong parent, ReadOnlyMemory<byte> name) => Answer($"lookup {parent} {Text(name)}", Found);

    public ValueTask<Result<FileStatus>> GetStatusAsync(ulong inode) => Answer($"getattr {inode}", Status);

    public ValueTask<Result<FileStatus>> SetStatusAsync(ulong inode, ulong? handle, FileStatusChanges changes, FileCaller caller) =>
        Answer($"setattr {inode} handle={handle} {Text(changes)} {Text(caller)}", Status);

    public ValueTask<Result<int>> ReadLinkAsync(ulong inode, Memory<byte> into)
    {
        "target"u8.CopyTo(into.Span);
        return Answer($"readlink {inode} {into.Length}", 6);
    }

    public ValueTask<Result<FileStatus>> MakeNodeAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint deviceNumber, FileCaller caller) =>
        Answer($"mknod {parent} {Text(name)} {mode:x} {deviceNumber:x} {Text(caller)}", Status);

    public ValueTask<Result<FileStatus>> MakeDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, FileCaller caller) =>
        Answer($"mkdir {parent} {Text(name)} {mode:x} {Text(caller)}", Status);

    public ValueTask<Result<FileStatus>> SymlinkAsync(ulong parent, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target, FileCaller caller) =>
        Answer($"symlink {parent} {Text(name)} -> {Text(target)} {Text(caller)}", Status);

    public ValueTask<Result<FileStatus>> LinkAsync(ulong inode, ulong newParent, ReadOnlyMemory<byte> newName) =>
        Answer($"link {inode} {newParent} {Text(newName)}", Status);

    public ValueTask<Errno> UnlinkAsync(ulong parent, ReadOnlyMemory<byte> name) => Answer($"unlink {parent} {Text(name)}");

    public ValueTask<Errno> RemoveDirectoryAsync(ulong parent, ReadOnlyMemory<byte> name) => Answer($"rmdir {parent} {Text(name)}");

    public ValueTask<Errno> RenameAsync(ulong parent, ReadOnlyMemory<byte> name, ulong newParent, ReadOnlyMemory<byte> newName, uint flags) =>
        Answer($"rename {parent} {Text(name)} {newParent} {Text(newName)} {flags}");

    public ValueTask<Result<FuseOpened>> OpenAsync(ulong inode, uint flags, bool killSetId, FileCaller caller) =>
        Answer($"open {inode} {flags:x} kill={killSetId}", new FuseOpened(77, KeepCache: true, DirectIo: false, MovesAccessTime));

    public ValueTask<Result<FuseCreated>> CreateAsync(ulong parent, ReadOnlyMemory<byte> name, uint mode, uint flags, FileCaller caller) =>
        Answer($"create {parent} {Text(name)} {mode:x} {flags:x} {Text(caller)}", new FuseCreated(Status, new FuseOpened(78, false, DirectIo: true)));

    public ValueTask<Result<int>> ReadAsync(ulong inode, ulong handle, long offset, Memory<byte> into, CancellationToken interrupted)
    {
        "data"u8.CopyTo(into.Span);
        return AnswerUnlessInterrupted($"read {inode} {handle} {offset} {into.Length}", 4, interrupted);
    }

    public ValueTask<Result<int>> WriteAsync(
        ulong inode, ulong handle, long offset, ReadOnlyMemory<byte> data, uint flags, bool killSetId, CancellationToken interrupted) =>
        AnswerUnlessInterrupted($"write {inode} {handle} {offset} {Text(data)} {flags:x} kill={killSetId}", data.Length, interrupted);

    public ValueTask<Result<FuseCreated>> CreateUnnamedAsync(ulong parent, uint mode, uint flags, FileCaller caller) =>
        Answer($"tmpfile {parent} {mode:x} {flags:x} {Text(caller)}", new FuseCreated(Status, new FuseOpened(78, false, DirectIo: true)));

    public ValueTask<Result<long>> CopyRangeAsync(FuseCopyRange range, FileCaller caller, CancellationToken interrupted) => Answer(
        $"copy {range.SourceInode} {range.SourceHandle} {range.SourceOffset} to {range.TargetInode} {range.TargetHandle} {range.TargetOffset} " +
        $"length {range.Length} {Text(caller)}", Math.Min(range.Length, 0x1000000));

    public ValueTask<Result<uint>> GetFlagsAsync(ulong inode) => Answer($"getflags {inode}", 0x10u);

    public ValueTask<Errno> SetFlagsAsync(ulong inode, uint flags) => Answer($"setflags {inode} {flags:x}");

    public ValueTask<Errno> FlushAsync(ulong inode, ulong handle) => Answer($"flush {inode} {handle}");

    public ValueTask ReleaseAsync(ulong inode, ulong handle)
    {
        _calls.Add($"release {inode} {handle}");
        return Bug is null ? ValueTask.CompletedTask : ValueTask.FromException(Bug);
    }

    public ValueTask<Errno> FsyncAsync(ulong inode, ulong handle, bool dataOnly) => Answer($"fsync {inode} {handle} data={dataOnly}");

    public ValueTask<Errno> FsyncDirectoryAsync(ulong inode, bool dataOnly) => Answer($"fsyncdir {inode} data={dataOnly}");

    public ValueTask<Errno> ReadDirectoryAsync(ulong inode, ulong cookie, IDirectorySink sink)
    {
        var dot = new FileStatus { Inode = inode, Mode = 0x4000 };
        var _ = sink.TryAdd("."u8, 1, dot) && sink.TryAdd("abc"u8, 2, Status) && sink.TryAdd("12345678"u8, 3, Status);
        return Answer($"readdir {inode} {cookie}");
    }

    public ValueTask<Result<FuseSpace>> GetSpaceAsync() => Answer("statfs", new FuseSpace(100, 50, 40, 30, 20, 255));

    public ValueTask<Result<int>> GetXattrAsync(ulong inode, ReadOnlyMemory<byte> name, Memory<byte> into, FileCaller caller)
    {
        "value"u8.CopyTo(into.Length >= 5 ? into.Span : new byte[5]);
        return Answer($"getxattr {inode} {Text(name)} {into.Length}", 5);
    }

    public ValueTask<Result<int>> ListXattrsAsync(ulong inode, Memory<byte> into, FileCaller caller)
    {
        "user.a\0"u8.CopyTo(into.Length >= 7 ? into.Span : new byte[7]);
        return Answer($"listxattr {inode} {into.Length}", 7);
    }

    public ValueTask<Errno> SetXattrAsync(
        ulong inode, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, uint flags, bool killSetGroupId, FileCaller caller) =>
        Answer($"setxattr {inode} {Text(name)}={Text(value)} {flags}" + (killSetGroupId ? " kill" : ""));

    public ValueTask<Errno> RemoveXattrAsync(ulong inode, ReadOnlyMemory<byte> name, FileCaller caller) => Answer($"removexattr {inode} {Text(name)}");

    public ValueTask<Errno> AllocateAsync(ulong inode, ulong handle, long offset, long length, uint mode, CancellationToken interrupted) =>
        Answer($"fallocate {inode} {handle} {offset} {length} {mode}");

    public ValueTask<Result<long>> SeekAsync(ulong inode, ulong handle, long offset, uint whence) => Answer($"lseek {inode} {handle} {offset} {whence}", 8192L);

    public ValueTask<Errno> SyncAsync() => Answer("sync");

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.ASCII.GetString(bytes.Span);

    private static string Text(FileCaller caller) =>
        $"by {caller.UserId}:{caller.GroupId}:{caller.ProcessId}" + (caller.Umask == 0 ? "" : $" umask={caller.Umask:x}");

    private static string Text(in FileStatusChanges changes) =>
        $"mode={changes.Mode:x} uid={changes.UserId} gid={changes.GroupId} size={changes.Size} atime={changes.AccessTime} mtime={changes.ModifyTime} " +
        $"ctime={changes.ChangeTime} anow={changes.AccessTimeNow} mnow={changes.ModifyTimeNow} kill={changes.KillSetId}";

    private async ValueTask<Result<T>> AnswerUnlessInterrupted<T>(string call, T value, CancellationToken interrupted)
    {
        if (Gate is null)
            return await Answer(call, value);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registered = interrupted.Register(ended.SetResult);
        AtGate.TrySetResult();
        return await Task.WhenAny(Gate.Task, ended.Task) == ended.Task ? Errno.EINTR : await Answer(call, value);
    }

    private async ValueTask<Result<T>> Answer<T>(string call, T value)
    {
        var error = await Answer(call);
        return error == Errno.Ok ? value : error;
    }

    private async ValueTask<Errno> Answer(string call)
    {
        _calls.Add(call);
        if (IsSlow)
            await Task.Yield();
        if (Bug is not null)
            throw Bug;
        return call.StartsWith(ErrorCalls, StringComparison.Ordinal) ? Error : Errno.Ok;
    }
}
