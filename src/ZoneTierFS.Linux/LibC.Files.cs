using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ZoneTierFS.Linux;

/// <summary>The C library's functions and constants, by their native names. Everything here exists alike in glibc and musl, on x86-64 and arm64.</summary>
public static unsafe partial class LibC
{
    public const int O_RDONLY = 0;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;

    public const int FALLOC_FL_KEEP_SIZE = 1;
    public const int FALLOC_FL_PUNCH_HOLE = 2;
    public const int FALLOC_FL_ZERO_RANGE = 0x10;
    public const int SEEK_DATA = 3;
    public const int SEEK_HOLE = 4;

    internal const int LOCK_SH = 1;
    internal const int LOCK_EX = 2;
    internal const int LOCK_NB = 4;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const uint STATX_BASIC_STATS = 0x7FF;

    /// <summary>These two differ: arm64 took over the values of 32-bit Arm.</summary>
    public static int O_DIRECT { get; } = IsArm64 ? 0x10000 : 0x4000;

    public static int O_DIRECTORY { get; } = IsArm64 ? 0x4000 : 0x10000;

    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pread(SafeFileHandle file, byte* into, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pwrite(SafeFileHandle file, byte* from, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(SafeFileHandle directory, string path, int flags, uint mask, StatxBuffer* result);

    /// <summary>struct statx: one layout for all architectures, unlike struct stat.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct StatxBuffer
    {
        [FieldOffset(0x10)] public uint stx_nlink;
        [FieldOffset(0x14)] public uint stx_uid;
        [FieldOffset(0x18)] public uint stx_gid;
        [FieldOffset(0x1C)] public ushort stx_mode;
        [FieldOffset(0x20)] public ulong stx_ino;
        [FieldOffset(0x28)] public ulong stx_size;
        [FieldOffset(0x30)] public ulong stx_blocks;
        [FieldOffset(0x40)] public StatxTimestamp stx_atime;
        [FieldOffset(0x60)] public StatxTimestamp stx_ctime;
        [FieldOffset(0x70)] public StatxTimestamp stx_mtime;
        [FieldOffset(0x80)] public uint stx_rdev_major;
        [FieldOffset(0x84)] public uint stx_rdev_minor;
    }

    [StructLayout(LayoutKind.Sequential, Size = 16)]
    internal struct StatxTimestamp
    {
        public long tv_sec;
        public uint tv_nsec;
    }
}
