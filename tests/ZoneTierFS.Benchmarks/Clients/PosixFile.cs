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

    public void Sync()
    {
        if (Syscall.fsync(_descriptor) != 0)
            throw Failure("fsync");
    }

    /// <summary>Maps the whole file the way llama.cpp does; unmapped by the end of the process.</summary>
    public byte* MapLikeLlama(long length)
    {
        // The advice may be refused without harm, by llama.cpp as well as here.
        _ = Syscall.posix_fadvise(_descriptor, 0, 0, PosixFadviseAdvice.POSIX_FADV_SEQUENTIAL);
        nint start = Syscall.mmap(nint.Zero, (ulong)length, MmapProts.PROT_READ, MmapFlags.MAP_SHARED | MmapFlags.MAP_POPULATE, _descriptor, 0);
        if (start == -1)
            throw Failure($"mmap of {length} bytes");
        _ = Syscall.posix_madvise(start, (ulong)length, PosixMadviseAdvice.POSIX_MADV_WILLNEED);
        return (byte*)start;
    }

    public void Dispose() => _ = Syscall.close(_descriptor);

    private static IOException Failure(string what) => new($"{what}: {UnixMarshal.GetErrorDescription(Stdlib.GetLastError())}");
}
