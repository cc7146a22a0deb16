using System.Runtime.InteropServices;
using Mono.Unix;
using Mono.Unix.Native;

namespace ZoneTierFS.Benchmarks.Clients;

/// <summary>
/// Small files in a fixed number of folders. The system calls are declared here, on names that are ready for them: a file system answers some of them in
/// two microseconds, and a library's conversions would be half of what is measured.
/// </summary>
internal sealed unsafe partial class FileTree
{
    public const int FileBytes = 4096;

    private const int Folders = 50;
    private const int StatxBytes = 256;
    private const int AtCurrentFolder = -100;
    private const uint StatxBasic = 0x7FF;

    // These are alike on x86-64 and arm64.
    private const int CreateNew = (int)(OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL);
    private const uint ReadAndWrite = 0x1A4;

    private readonly string _top;

    /// <summary>Absolute names, each with its terminator, in pinned arrays.</summary>
    private readonly byte[][] _names;

    /// <param name="count">How many files; they go round the folders.</param>
    public FileTree(string top, int count)
    {
        _top = top;
        _names = [.. Enumerable.Range(0, count).Select(index => Pinned($"{Folder(index % Folders)}/{index:D6}.bin"))];
    }

    public void MakeFolders()
    {
        for (int index = 0; index < Folders; index++)
            Directory.CreateDirectory(Folder(index));
    }

    /// <returns>How many were made.</returns>
    public int Create(byte* content, bool onlyMissing)
    {
        int made = 0;
        byte* status = stackalloc byte[StatxBytes];
        foreach (byte[] name in _names)
        {
            if (onlyMissing && Statx(name, status) == 0)
                continue;
            int file = Check(open(Start(name), CreateNew, ReadAndWrite), "open", name);
            if (Check(pwrite(file, content, FileBytes, 0), "write", name) != FileBytes)
                throw new IOException("short write");
            Check(close(file), "close", name);
            made++;
        }
        return made;
    }

    public int Stat()
    {
        byte* status = stackalloc byte[StatxBytes];
        foreach (byte[] name in _names)
            Check(Statx(name, status), "stat", name);
        return _names.Length;
    }

    public int Read(byte* into)
    {
        foreach (byte[] name in _names)
        {
            int file = Check(open(Start(name), 0, 0), "open", name);
            if (Check(pread(file, into, FileBytes, 0), "read", name) != FileBytes)
                throw new IOException("short read");
            Check(close(file), "close", name);
        }
        return _names.Length;
    }

    public int Unlink(bool missingIsFine)
    {
        foreach (byte[] name in _names)
        {
            int result = unlink(Start(name));
            if (result != 0 && !(missingIsFine && Marshal.GetLastSystemError() == (int)Linux.Errno.ENOENT))
                Check(result, "unlink", name);
        }
        return _names.Length;
    }

    private string Folder(int index) => $"{_top}/{index:D2}";

    private static byte[] Pinned(string name)
    {
        byte[] pinned = GC.AllocateArray<byte>(System.Text.Encoding.UTF8.GetByteCount(name) + 1, pinned: true);
        System.Text.Encoding.UTF8.GetBytes(name, pinned);
        return pinned;
    }

    private static byte* Start(byte[] pinned) => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    private static int Statx(byte[] name, byte* status) => statx(AtCurrentFolder, Start(name), 0, StatxBasic, status);

    private static int Check(nint result, string call, byte[] name) => result >= 0
        ? (int)result
        : throw new IOException($"{call} {System.Text.Encoding.UTF8.GetString(name.AsSpan(..^1))}: "
            + UnixMarshal.GetErrorDescription((Errno)Marshal.GetLastSystemError()));

    [LibraryImport("libc")]
    private static partial int open(byte* path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int close(int file);

    [LibraryImport("libc")]
    private static partial nint pread(int file, byte* into, nuint count, long offset);

    [LibraryImport("libc")]
    private static partial nint pwrite(int file, byte* from, nuint count, long offset);

    [LibraryImport("libc")]
    private static partial int unlink(byte* path);

    [LibraryImport("libc")]
    private static partial int statx(int folder, byte* path, int flags, uint mask, byte* status);
}
