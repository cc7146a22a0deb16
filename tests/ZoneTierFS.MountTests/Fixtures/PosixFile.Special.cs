using System.Runtime.InteropServices;
using Mono.Unix.Native;
using ZoneTierFS.Linux;
using Errno = Mono.Unix.Native.Errno;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>Calls that the library of POSIX functions has not.</summary>
internal sealed unsafe partial class PosixFile
{
    private const int WorkingDirectory = -100;
    private const int Temporary = 0x400000;
    private const int EmptyPath = 0x1000;
    private const int ImmutableFlag = 0x10;
    private const nuint GetFlagsRequest = 0x80086601;
    private const nuint SetFlagsRequest = 0x40086602;
    private const nuint GetXattrRequest = 0x801C581F;
    private const nuint SetXattrRequest = 0x401C5820;

    /// <summary>O_TMPFILE, a file without a name in a directory; O_DIRECTORY is part of it.</summary>
    public static PosixFile OpenUnnamed(string directory, int flags = LibC.O_RDWR) =>
        new(Check(open(directory, flags | Temporary | LibC.O_DIRECTORY, 0x180)));

    /// <summary>Gives the open file a name, by its descriptor or by way of /proc.</summary>
    public Errno LinkAs(string path, bool byProc) => ErrorOf(byProc
        ? linkat(WorkingDirectory, $"/proc/self/fd/{Descriptor}", WorkingDirectory, path, 0x400)
        : linkat(Descriptor, "", WorkingDirectory, path, EmptyPath));

    /// <returns>Bytes copied, or the errno, negative.</returns>
    public long CopyTo(PosixFile target, long from, long to, long length)
    {
        var copied = copy_file_range(Descriptor, &from, target.Descriptor, &to, (nuint)length, 0);
        return copied >= 0 ? copied : -(long)Stdlib.GetLastError();
    }

    /// <summary>The handle that name_to_handle_at gives: the mount is no part of it.</summary>
    public static byte[] HandleOf(string path)
    {
        var handle = new byte[8 + 128];
        BitConverter.TryWriteBytes(handle, 128);
        fixed (byte* start = handle)
            Check(name_to_handle_at(WorkingDirectory, path, start, out _, 0));
        return handle[..(8 + BitConverter.ToInt32(handle))];
    }

    /// <summary>Opens what a handle stands for, in the mount that a path is on.</summary>
    public static PosixFile OpenHandle(string mount, byte[] handle, int flags)
    {
        var error = TryOpenHandle(mount, handle, flags, out var file);
        return file ?? throw new Mono.Unix.UnixIOException(error);
    }

    public static Errno TryOpenHandle(string mount, byte[] handle, int flags, out PosixFile? file)
    {
        using var root = Open(mount, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        fixed (byte* start = handle)
        {
            var descriptor = open_by_handle_at(root.Descriptor, start, flags);
            file = descriptor >= 0 ? new PosixFile(descriptor) : null;
            return ErrorOf(descriptor);
        }
    }

    /// <summary>FS_IOC_SETFLAGS, as chattr does it.</summary>
    public Errno SetFlags(long flags) => ErrorOf(ioctl(Descriptor, SetFlagsRequest, &flags));

    public Errno SetImmutable(bool immutable) => SetFlags(immutable ? ImmutableFlag : 0);

    public bool IsImmutable()
    {
        long flags = 0;
        Check(ioctl(Descriptor, GetFlagsRequest, &flags));
        return (flags & ImmutableFlag) != 0;
    }

    /// <summary>FS_IOC_FSGETXATTR's struct: flags, extent size, extents, project, extent size for copies, filling.</summary>
    public uint[] GetXattrFlags()
    {
        var attributes = new uint[7];
        fixed (uint* start = attributes)
            Check(ioctl(Descriptor, GetXattrRequest, start));
        return attributes;
    }

    public Errno SetXattrFlags(params uint[] attributes)
    {
        fixed (uint* start = attributes)
            return ErrorOf(ioctl(Descriptor, SetXattrRequest, start));
    }

    /// <summary>The result of an ioctl that takes nothing.</summary>
    public Errno Control(uint request) => ErrorOf(ioctl(Descriptor, request, null));

    /// <summary>One getdents64 of an open directory. Bytes of entries, 0 at the end; or the errno, negative.</summary>
    public long ReadEntries(Span<byte> into)
    {
        fixed (byte* start = into)
        {
            var read = getdents64(Descriptor, start, (nuint)into.Length);
            return read >= 0 ? read : -(long)Stdlib.GetLastError();
        }
    }

    /// <param name="flags">SYNC_FILE_RANGE_WAIT_BEFORE (1), _WRITE (2) and _WAIT_AFTER (4).</param>
    public Errno SyncRange(long offset, long length, uint flags) => ErrorOf(sync_file_range(Descriptor, offset, length, flags));

    public Errno Advise(long offset, long length, int advice) => (Errno)posix_fadvise(Descriptor, offset, length, advice);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int linkat(int fromDirectory, string from, int toDirectory, string to, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint copy_file_range(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int name_to_handle_at(int directory, string path, byte* handle, out int mount, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open_by_handle_at(int mount, byte* handle, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint getdents64(int directory, byte* into, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sync_file_range(int file, long offset, long length, uint flags);

    /// <summary>Gives its error back, unlike others.</summary>
    [LibraryImport("libc")]
    private static partial int posix_fadvise(int file, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int file, nuint request, void* argument);
}
