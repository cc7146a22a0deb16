using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>A file by the bytes of its path, which need not be text.</summary>
internal sealed unsafe partial class RawFile : IDisposable
{
    private const int O_RDWR_CREAT_EXCL = 2 | 0x40 | 0x80;
    private readonly int _descriptor;

    private RawFile(int descriptor) => (_descriptor, Error) = (descriptor, PosixFile.ErrorOf(descriptor));

    public bool IsOpen => _descriptor >= 0;

    public Errno Error { get; }

    /// <param name="path">Ends with a zero byte.</param>
    public static RawFile Create(byte[] path)
    {
        fixed (byte* start = path)
            return new RawFile(open(start, O_RDWR_CREAT_EXCL, 0x180));
    }

    public static int Unlink(byte[] path)
    {
        fixed (byte* start = path)
            return unlink(start);
    }

    public void Dispose()
    {
        if (IsOpen)
            PosixFile.Check(Syscall.close(_descriptor));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlink(byte* path);
}
