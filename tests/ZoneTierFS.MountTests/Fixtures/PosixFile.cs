using System.Runtime.InteropServices;
using Mono.Unix.Native;
using Mono.Unix;
using Xunit;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>An open descriptor, with calls that throw what the system says.</summary>
internal sealed unsafe partial class PosixFile : IDisposable
{
    private const int Closed = -1;

    private PosixFile(int descriptor) => Descriptor = descriptor;

    public int Descriptor { get; private set; }

    public static PosixFile Open(string path, OpenFlags flags, uint mode = 0x1A4) => new(Check(Syscall.open(path, flags, (FilePermissions)mode)));

    public static PosixFile Create(string path) => Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL);

    public static int Check(int result)
    {
        if (result < 0)
            throw new UnixIOException(Stdlib.GetLastError());
        return result;
    }

    public static long Check(long result)
    {
        if (result < 0)
            throw new UnixIOException(Stdlib.GetLastError());
        return result;
    }

    /// <summary>The error of a call, or 0 where it succeeded.</summary>
    public static Errno ErrorOf(long result) => result < 0 ? Stdlib.GetLastError() : 0;

    public void WriteAt(ReadOnlySpan<byte> data, long offset)
    {
        fixed (byte* start = data)
            Assert.Equal(data.Length, Check(Syscall.pwrite(Descriptor, start, (ulong)data.Length, offset)));
    }

    public Errno TryWriteAt(ReadOnlySpan<byte> data, long offset)
    {
        fixed (byte* start = data)
            return ErrorOf(Syscall.pwrite(Descriptor, start, (ulong)data.Length, offset));
    }

    /// <summary>Writes at the descriptor's position, as O_APPEND needs it.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
            Assert.Equal(data.Length, Check(Syscall.write(Descriptor, start, (ulong)data.Length)));
    }

    /// <returns>Bytes read.</returns>
    public int ReadInto(Span<byte> into, long offset)
    {
        fixed (byte* start = into)
            return (int)Check(Syscall.pread(Descriptor, start, (ulong)into.Length, offset));
    }

    public Errno TryReadInto(Span<byte> into, long offset)
    {
        fixed (byte* start = into)
            return ErrorOf(Syscall.pread(Descriptor, start, (ulong)into.Length, offset));
    }

    public byte[] ReadAt(int length, long offset)
    {
        var into = new byte[length];
        return into[..ReadInto(into, offset)];
    }

    public Stat Status()
    {
        Check(Syscall.fstat(Descriptor, out var status));
        return status;
    }

    public void Fsync() => Check(Syscall.fsync(Descriptor));

    public Errno TryFsync() => ErrorOf(Syscall.fsync(Descriptor));

    /// <summary>Another descriptor of the same open file.</summary>
    public PosixFile Duplicate() => new(Check(Syscall.dup(Descriptor)));

    /// <summary>Closes, and returns what close(2) had to tell.</summary>
    public Errno TryClose()
    {
        var error = ErrorOf(Syscall.close(Descriptor));
        Descriptor = Closed;
        return error;
    }

    /// <summary>Reads from here on come from the filesystem, not from the kernel's memory.</summary>
    public void DropCache()
    {
        Fsync();
        Check(Syscall.posix_fadvise(Descriptor, 0, 0, PosixFadviseAdvice.POSIX_FADV_DONTNEED));
    }

    public void Truncate(long length) => Check(Syscall.ftruncate(Descriptor, length));

    public Errno TryFlock() => ErrorOf(flock(Descriptor, 2 | 4));

    public void Unlock() => Check(flock(Descriptor, 8));

    public Errno TryFcntlLock(long start, long length)
    {
        var wanted = new Flock { l_type = LockType.F_WRLCK, l_whence = SeekFlags.SEEK_SET, l_start = start, l_len = length };
        return ErrorOf(Syscall.fcntl(Descriptor, FcntlCommand.F_SETLK, ref wanted));
    }

    public Errno Allocate(int mode, long offset, long length) => ErrorOf(fallocate(Descriptor, mode, offset, length));

    /// <summary>SEEK_DATA (3) or SEEK_HOLE (4); the errno, negative, where there is none.</summary>
    public long Seek(long offset, int whence)
    {
        var found = lseek(Descriptor, offset, whence);
        return found >= 0 ? found : -(long)Stdlib.GetLastError();
    }

    public static Errno Rename(string from, string to, uint flags) => ErrorOf(renameat2(-100, from, -100, to, flags));

    public static Errno SyncFileSystem(PosixFile anyFile) => ErrorOf(syncfs(anyFile.Descriptor));

    /// <summary>Closes; a server that has gone meanwhile is no failure of the test.</summary>
    public void Dispose()
    {
        if (Descriptor != Closed && TryClose() is var error && error is not (0 or Errno.ENOTCONN or Errno.ECONNABORTED))
            throw new UnixIOException(error);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(int file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(int file);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromDirectory, string from, int toDirectory, string to, uint flags);
}
