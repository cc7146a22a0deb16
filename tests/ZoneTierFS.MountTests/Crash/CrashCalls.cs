using System.Text;
using Mono.Unix;
using Mono.Unix.Native;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>Makes the system call that a step stands for.</summary>
internal sealed unsafe class CrashCalls(string folder, string sharedPath) : IDisposable
{
    private const int PunchHole = 0x02 | 0x01; // with KEEP_SIZE
    private readonly PosixFile _shared = PosixFile.Open(sharedPath, OpenFlags.O_WRONLY | OpenFlags.O_APPEND);

    public void Dispose() => _ = _shared.TryClose();

    /// <returns>0 or the error, and for a write how many bytes were taken.</returns>
    public (Errno Error, long Length) Make(CrashStep step)
    {
        var path = Path.Combine(folder, step.Path);
        return step.Kind switch
        {
            CrashStepKind.Create => WithFile(path, OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_WRONLY, _ => 0),
            CrashStepKind.Write => Write(path, step),
            CrashStepKind.Map => WithFile(path, OpenFlags.O_RDWR, file => Map(file, step), step.Length),
            CrashStepKind.Truncate => (PosixFile.ErrorOf(Syscall.truncate(path, step.Offset)), step.Length),
            CrashStepKind.Punch => WithFile(path, OpenFlags.O_WRONLY, file => file.Allocate(PunchHole, step.Offset, step.Length), step.Length),
            CrashStepKind.Rename => Plain(Stdlib.rename(path, Path.Combine(folder, step.Other))),
            CrashStepKind.Unlink => Plain(Syscall.unlink(path)),
            CrashStepKind.MakeDirectory => Plain(Syscall.mkdir(path, (FilePermissions)0x1ED)),
            CrashStepKind.RemoveDirectory => Plain(Syscall.rmdir(path)),
            CrashStepKind.Link => Plain(Syscall.link(path, Path.Combine(folder, step.Other))),
            CrashStepKind.Symlink => Plain(Syscall.symlink(step.Other, path)),
            CrashStepKind.SetXattr => Plain(Syscall.setxattr(path, "user.note", Encoding.ASCII.GetBytes(step.Other))),
            CrashStepKind.RemoveXattr => Plain(Syscall.removexattr(path, "user.note")),
            CrashStepKind.SyncFile => WithFile(path, OpenFlags.O_RDWR, file => Sync(file, step.Offset)),
            CrashStepKind.SyncDirectory => WithFile(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, file => file.TryFsync()),
            CrashStepKind.SharedAppend => Append(step),
            CrashStepKind.SharedSync => (_shared.TryFsync(), 0),
            _ => throw new ArgumentException($"{step.Kind} is no call."),
        };
    }

    private static (Errno Error, long Length) Plain(int result) => (PosixFile.ErrorOf(result), 0);

    /// <summary>What closing has to tell, a sync of the same file tells as well.</summary>
    private static (Errno Error, long Length) WithFile(string path, OpenFlags flags, Func<PosixFile, Errno> call, long length = 0)
    {
        try
        {
            var file = PosixFile.Open(path, flags);
            var error = call(file);
            _ = file.TryClose();
            return (error, length);
        }
        catch (UnixIOException failure)
        {
            return (failure.ErrorCode, 0);
        }
    }

    private static (Errno Error, long Length) Write(string path, CrashStep step)
    {
        var taken = 0L;
        var (error, _) = WithFile(path, OpenFlags.O_WRONLY, file => Put(file, step, out taken));
        return (taken > 0 ? 0 : error, taken);
    }

    private static Errno Put(PosixFile file, CrashStep step, out long taken)
    {
        fixed (byte* bytes = CrashContent.Of(step.Tag, step.Length))
            taken = Syscall.pwrite(file.Descriptor, bytes, (ulong)step.Length, step.Offset);
        return PosixFile.ErrorOf(taken);
    }

    private (Errno Error, long Length) Append(CrashStep step)
    {
        fixed (byte* bytes = CrashContent.Of(step.Tag, step.Length))
        {
            var taken = Syscall.write(_shared.Descriptor, bytes, (ulong)step.Length);
            return (PosixFile.ErrorOf(taken), taken);
        }
    }

    private static Errno Map(PosixFile file, CrashStep step)
    {
        using var map = new FileMap(file, step.Offset + step.Length, shared: true, writable: true);
        if (map.TryPopulate() is var error && error != 0)
            return error;
        CrashContent.Of(step.Tag, step.Length).CopyTo(map.Span[step.Offset..]);
        return 0;
    }

    /// <param name="how">0 fsync, 1 fdatasync, 2 msync of the whole file.</param>
    private static Errno Sync(PosixFile file, int how)
    {
        var size = (int)file.Status().st_size;
        if (how != 2 || size == 0)
            return how == 1 ? PosixFile.ErrorOf(Syscall.fdatasync(file.Descriptor)) : file.TryFsync();
        using var map = new FileMap(file, size, shared: true, writable: true);
        return map.TrySync();
    }
}
