using System.Runtime.InteropServices;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>Calls of the C library that nobody else offers.</summary>
internal sealed partial class FileScriptRunner
{
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(int file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int faccessat(int directory, string path, int mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial long copy_file_range(int from, long* fromOffset, int to, long* toOffset, ulong length, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial long lgetxattr(string path, string name, byte* into, ulong room);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial long llistxattr(string path, byte* into, ulong room);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int clock_gettime(int clock, long* secondsAndNanoseconds);
}
