using Mono.Unix;
using Mono.Unix.Native;

namespace ZoneTierFS.Benchmarks.Clients;

/// <summary>A file as a runtime sees it: plain system calls, none of the locks, hints and buffers that FileStream adds.</summary>
internal sealed unsafe class PosixFile : IDisposable
{
    private readonly int _descriptor;

    public PosixFile(string path, OpenFlags flags)
    {
        _descriptor = Syscall.open(path, flags, FilePermissions.S_IRUSR | FilePermissions.S_IWUSR | FilePermissions.S_IRGRP | FilePermissions.S_IROTH);
        if (_descriptor < 0)
            throw Failure($"open {path}");
    }

    public long Length => Syscall.fstat(_descriptor, out Stat status) == 0 ? status.st_size : throw Failure("fstat");

    /// <returns>Bytes read, less than asked only at the end of the file.</returns>
    public int Read(byte* into, int length, long offset)
    {
        long got = Syscall.pread(_descriptor, into, (ulong)length, offset);
        return got >= 0 ? (int)got : throw Failure($"read of {length} bytes at {offset}");
    }

    public void Write(byte* from, int length, long offset)
    {
        long put = Syscall.pwrite(_descriptor, from, (ulong)length, offset);
        if (put != length)
            throw put < 0 ? Failure($"write of {length} bytes at {offset}") : new IOException($"short write: {put} of {length} bytes at {offset}");
    }

    /// <summary>Writes at the end of a file that was opened with O_APPEND.</summary>
    public void Append(byte* from, int length)
    {
        long put = Syscall.write(_descriptor, from, (ulong)length);
        if (put != length)
            throw put < 0 ? Failure($"append of {length} bytes") : new IOException($"short append: {put} of {length} bytes");
    }

    public void Sync()
    {
        if (Syscall.fsync(_descriptor) != 0)
            throw Failure("fsync");
    }

    public void SyncData()
    {
        if (Syscall.fdatasync(_descriptor) != 0)
            throw Failure("fdatasync");
    }

    /// <summary>Asks the kernel to drop what it holds of the file; pages that are dirty or mapped stay.</summary>
    public void ForgetPages()
    {
        if (Syscall.posix_fadvise(_descriptor, 0, 0, PosixFadviseAdvice.POSIX_FADV_DONTNEED) is var error and not 0)
            throw new IOException($"fadvise: error {error}");
    }

    /// <summary>Maps the whole file to be read; unmapped by the caller or the end of the process.</summary>
    public byte* Map(long length, MmapFlags flags)
    {
        nint start = Syscall.mmap(nint.Zero, (ulong)length, MmapProts.PROT_READ, flags, _descriptor, 0);
        return start != -1 ? (byte*)start : throw Failure($"mmap of {length} bytes");
    }

    /// <summary>Maps the whole file the way llama.cpp does; unmapped by the end of the process.</summary>
    public byte* MapLikeLlama(long length)
    {
        // The advice may be refused without harm, by llama.cpp as well as here.
        _ = Syscall.posix_fadvise(_descriptor, 0, 0, PosixFadviseAdvice.POSIX_FADV_SEQUENTIAL);
        byte* start = Map(length, MmapFlags.MAP_SHARED | MmapFlags.MAP_POPULATE);
        _ = Syscall.posix_madvise((nint)start, (ulong)length, PosixMadviseAdvice.POSIX_MADV_WILLNEED);
        return start;
    }

    public void Dispose() => _ = Syscall.close(_descriptor);

    private static IOException Failure(string what) => new($"{what}: {UnixMarshal.GetErrorDescription(Stdlib.GetLastError())}");
}
