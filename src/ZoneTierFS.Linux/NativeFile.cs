using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ZoneTierFS.Linux;

/// <summary>
/// An open file, by system calls: positioned reads and writes of full length, and what .NET's own file classes lack (O_DIRECT, hole punching,
/// locks between processes). Failures come back as <see cref="Errno"/>. Safe to use from several threads at once.
/// </summary>
public sealed unsafe class NativeFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private NativeFile(SafeFileHandle handle) => _handle = handle;

    /// <param name="flags">O_ flags of <see cref="LibC"/>; O_CLOEXEC is added.</param>
    /// <param name="mode">Permission bits of a file that O_CREAT creates.</param>
    public static Result<NativeFile> Open(string path, int flags, uint mode = 0)
    {
        while (true)
        {
            var descriptor = LibC.open(path, flags | LibC.O_CLOEXEC, mode);
            if (descriptor >= 0)
                return new NativeFile(new SafeFileHandle(descriptor, ownsHandle: true));
            var error = LastError();
            if (error != Errno.EINTR)
                return error;
        }
    }

    /// <summary>Reads until <paramref name="into"/> is full or the file ends.</summary>
    /// <returns>The bytes read; fewer than asked only at the file's end.</returns>
    public Result<int> ReadAt(Span<byte> into, long offset)
    {
        fixed (byte* start = into)
        {
            var done = 0;
            while (done < into.Length)
            {
                var count = LibC.pread(_handle, start + done, (nuint)(into.Length - done), offset + done);
                if (count == 0)
                    break;
                if (count > 0)
                    done += (int)count;
                else if (LastError() is var error && error != Errno.EINTR)
                    return error;
            }
            return done;
        }
    }

    /// <summary>Writes all of <paramref name="data"/>. After an error an unknown part of it may have been written.</summary>
    public Errno WriteAt(ReadOnlySpan<byte> data, long offset)
    {
        fixed (byte* start = data)
        {
            var done = 0;
            while (done < data.Length)
            {
                var count = LibC.pwrite(_handle, start + done, (nuint)(data.Length - done), offset + done);
                if (count > 0)
                    done += (int)count;
                else if (count == 0)
                    return Errno.EIO;
                else if (LastError() is var error && error != Errno.EINTR)
                    return error;
            }
            return Errno.Ok;
        }
    }

    /// <summary>Makes the file's bytes, and what is needed to find them again, durable.</summary>
    public Errno SyncData() => Retry(LibC.fdatasync);

    /// <summary>Makes the file's bytes and all its attributes durable; on a directory, its entries.</summary>
    public Errno Sync() => Retry(LibC.fsync);

    public Errno Truncate(long length)
    {
        while (LibC.ftruncate(_handle, length) != 0)
        {
            if (LastError() is var error && error != Errno.EINTR)
                return error;
        }
        return Errno.Ok;
    }

    /// <summary>Gives the range's blocks back to the filesystem; it reads as zeros after, and the file's size stays.</summary>
    public Errno PunchHole(long offset, long length) => Allocate(LibC.FALLOC_FL_PUNCH_HOLE | LibC.FALLOC_FL_KEEP_SIZE, offset, length);

    /// <summary>Takes blocks for the range from the filesystem ahead of writing; the file's size and what reads see stay.</summary>
    public Errno Reserve(long offset, long length) => Allocate(LibC.FALLOC_FL_KEEP_SIZE, offset, length);

    /// <summary>Locks the file against other openers (flock: advisory, until the file is closed, also when its process is killed).</summary>
    /// <param name="exclusive">True to be the only one; false to share it with other sharers.</param>
    /// <returns>EAGAIN when another opener, in this process or another, holds a conflicting lock.</returns>
    public Errno TryLock(bool exclusive)
    {
        while (LibC.flock(_handle, (exclusive ? LibC.LOCK_EX : LibC.LOCK_SH) | LibC.LOCK_NB) != 0)
        {
            if (LastError() is var error && error != Errno.EINTR)
                return error;
        }
        return Errno.Ok;
    }

    public Result<FileStatus> GetStatus()
    {
        LibC.StatxBuffer raw;
        if (LibC.statx(_handle, "", LibC.AT_EMPTY_PATH, LibC.STATX_BASIC_STATS, &raw) != 0)
            return LastError();
        return new FileStatus
        {
            Inode = raw.stx_ino,
            Size = raw.stx_size,
            Blocks = raw.stx_blocks,
            AccessTime = Nanoseconds(raw.stx_atime),
            ModifyTime = Nanoseconds(raw.stx_mtime),
            ChangeTime = Nanoseconds(raw.stx_ctime),
            Mode = raw.stx_mode,
            LinkCount = raw.stx_nlink,
            UserId = raw.stx_uid,
            GroupId = raw.stx_gid,
            DeviceNumber = KernelDeviceNumber(raw.stx_rdev_major, raw.stx_rdev_minor),
        };
    }

    public void Dispose() => _handle.Dispose();

    private static Errno LastError() => (Errno)Marshal.GetLastPInvokeError();

    private static long Nanoseconds(LibC.StatxTimestamp time) => time.tv_sec * 1_000_000_000 + time.tv_nsec;

    /// <summary>The kernel's new_encode_dev: 12 bits of major between the minor's low 8 and high 12.</summary>
    private static uint KernelDeviceNumber(uint major, uint minor) => (minor & 0xFF) | (major << 8) | ((minor & ~0xFFu) << 12);

    private Errno Allocate(int mode, long offset, long length)
    {
        while (LibC.fallocate(_handle, mode, offset, length) != 0)
        {
            if (LastError() is var error && error != Errno.EINTR)
                return error;
        }
        return Errno.Ok;
    }

    private Errno Retry(Func<SafeFileHandle, int> call)
    {
        while (call(_handle) != 0)
        {
            if (LastError() is var error && error != Errno.EINTR)
                return error;
        }
        return Errno.Ok;
    }
}
