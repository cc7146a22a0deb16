using System.Runtime.InteropServices;
using Mono.Unix.Native;
using Xunit;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>A file mapped into memory.</summary>
internal sealed unsafe partial class FileMap : IDisposable
{
    private readonly nint _start;
    private readonly int _length;

    /// <param name="populate">Reads all of the file before this returns.</param>
    public FileMap(PosixFile file, int length, bool shared, bool writable, bool populate = false)
    {
        var protection = writable ? MmapProts.PROT_READ | MmapProts.PROT_WRITE : MmapProts.PROT_READ;
        _length = length;
        var flags = (shared ? MmapFlags.MAP_SHARED : MmapFlags.MAP_PRIVATE) | (populate ? MmapFlags.MAP_POPULATE : 0);
        _start = Syscall.mmap(0, (ulong)length, protection, flags, file.Descriptor, 0);
        PosixFile.Check(_start == -1 ? -1 : 0);
    }

    public Span<byte> Span => new((void*)_start, _length);

    /// <summary>Writes changes of a shared map to the file.</summary>
    public void Sync() => PosixFile.Check(Syscall.msync(_start, (ulong)_length, MsyncFlags.MS_SYNC));

    public Errno TrySync() => PosixFile.ErrorOf(Syscall.msync(_start, (ulong)_length, MsyncFlags.MS_SYNC));

    /// <summary>Says how the map will be read.</summary>
    public void Advise(PosixMadviseAdvice advice) => Assert.Equal(0, Syscall.posix_madvise(_start, (ulong)_length, advice));

    /// <summary>Makes every page present and writable, or says why that is not possible, where touching it would end the process with SIGBUS.</summary>
    public Errno TryPopulate()
    {
        const int MADV_POPULATE_WRITE = 23;
        return PosixFile.ErrorOf(madvise(_start, (nuint)_length, MADV_POPULATE_WRITE));
    }

    public void Dispose() => PosixFile.Check(Syscall.munmap(_start, (ulong)_length));

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(nint start, nuint length, int advice);
}
