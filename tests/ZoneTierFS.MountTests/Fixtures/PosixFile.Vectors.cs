using System.Runtime.InteropServices;
using Mono.Unix.Native;
using ZoneTierFS.Linux;
using Errno = Mono.Unix.Native.Errno;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>Single calls as runtimes make them, scattered memory, and locks of an open file.</summary>
internal sealed unsafe partial class PosixFile
{
    private const int AtCurrentFolder = -100;
    private const int F_OFD_SETLK = 37;

    /// <summary>One write(2).</summary>
    /// <returns>Bytes written, which may be fewer than there are.</returns>
    public long WriteOnce(ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
            return Check(Syscall.write(Descriptor, start, (ulong)data.Length));
    }

    /// <summary>One read(2).</summary>
    public long ReadOnce(Span<byte> into)
    {
        fixed (byte* start = into)
            return Check(Syscall.read(Descriptor, start, (ulong)into.Length));
    }

    /// <summary>One readv(2) into several pieces of memory.</summary>
    public long ReadVector(params AlignedMemory[] parts)
    {
        var vectors = stackalloc Iovec[parts.Length];
        Fill(vectors, parts);
        return Check((long)readv(Descriptor, vectors, parts.Length));
    }

    /// <summary>One preadv2(2) or pwritev2(2) with the kernel's RWF_ flags; offset -1 for the position.</summary>
    public long TransferVector(bool write, long offset, int flags, params AlignedMemory[] parts)
    {
        var vectors = stackalloc Iovec[parts.Length];
        Fill(vectors, parts);
        return Check((long)(write
            ? pwritev2(Descriptor, vectors, parts.Length, offset, flags)
            : preadv2(Descriptor, vectors, parts.Length, offset, flags)));
    }

    /// <summary>Tries a write lock of a range that belongs to the open file instead of the process.</summary>
    public Errno TryOpenFileLock(long start, long length, bool unlock = false)
    {
        var wanted = new NativeLock { Type = (short)(unlock ? 2 : 1), Start = start, Length = length };
        return ErrorOf(fcntl(Descriptor, F_OFD_SETLK, &wanted));
    }

    /// <summary>flock(2) that waits.</summary>
    public void AwaitFlock() => Check(flock(Descriptor, 2));

    public static Errno Access(string path, int mode) => ErrorOf(faccessat(AtCurrentFolder, path, mode, 0));

    private static void Fill(Iovec* vectors, AlignedMemory[] parts)
    {
        for (var i = 0; i < parts.Length; i++)
            vectors[i] = new Iovec { iov_base = (nint)parts[i].Pointer, iov_len = (ulong)parts[i].Length };
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readv(int file, Iovec* vectors, int count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint preadv2(int file, Iovec* vectors, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwritev2(int file, Iovec* vectors, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int file, int command, NativeLock* wanted);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int faccessat(int folder, string path, int mode, int flags);

    /// <summary>struct flock of the 64-bit kernels.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct NativeLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
