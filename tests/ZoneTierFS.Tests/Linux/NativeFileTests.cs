using Xunit;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Linux;

public sealed class NativeFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ztfs-native-");

    private string FilePath => Path.Combine(_directory.FullName, "file");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Failures_are_error_numbers()
    {
        Assert.Equal(Errno.ENOENT, NativeFile.Open(FilePath, LibC.O_RDONLY).Error);
        Assert.Equal(Errno.ENOTDIR, NativeFile.Open("/dev/null/x", LibC.O_RDONLY).Error);
        Assert.Equal(Errno.EISDIR, NativeFile.Open(_directory.FullName, LibC.O_RDWR).Error);
        using var file = Create();
        Assert.Equal(Errno.ENOTDIR, NativeFile.Open(FilePath, LibC.O_RDONLY | LibC.O_DIRECTORY).Error);
        Assert.Equal(Errno.EINVAL, file.Truncate(-1));
        Assert.Equal(Errno.EINVAL, file.PunchHole(0, 0));
        Assert.Equal(Errno.EINVAL, file.ReadAt(new byte[1], -1).Error);
        using var full = NativeFile.Open("/dev/full", LibC.O_RDWR).Value;
        Assert.Equal(Errno.ENOSPC, full.WriteAt(new byte[4096], 0));
        using var readOnly = NativeFile.Open(FilePath, LibC.O_RDONLY).Value;
        Assert.Equal(Errno.EBADF, readOnly.WriteAt(new byte[1], 0));
    }

    [Fact]
    public void Reads_stop_at_the_end_of_the_file()
    {
        using var file = Create();
        Assert.Equal(Errno.Ok, file.WriteAt([1, 2, 3, 4, 5], 2));
        var into = new byte[10];
        Assert.Equal(7, file.ReadAt(into, 0).Value);
        Assert.Equal([0, 0, 1, 2, 3, 4, 5, 0, 0, 0], into);
        Assert.Equal(0, file.ReadAt(into, 100).Value);
        Assert.Equal(Errno.Ok, file.SyncData());
        Assert.Equal(Errno.Ok, file.Sync());
    }

    [Fact]
    public void A_punched_hole_is_zeros_and_takes_no_space()
    {
        using var file = Create();
        var data = new byte[1 << 20];
        new Random(1).NextBytes(data);
        Assert.Equal(Errno.Ok, file.WriteAt(data, 0));
        Assert.Equal(Errno.Ok, file.Sync());
        var before = file.GetStatus().Value;
        Assert.Equal(Errno.Ok, file.PunchHole(65536, 1 << 19));
        var after = file.GetStatus().Value;
        Assert.Equal(before.Size, after.Size);
        Assert.True(after.Blocks <= before.Blocks - (1 << 19) / 512);
        var hole = new byte[1 << 19];
        Assert.Equal(hole.Length, file.ReadAt(hole, 65536).Value);
        Assert.False(hole.AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Status_agrees_with_the_system_s_own_tool()
    {
        using var file = Create();
        Assert.Equal(Errno.Ok, file.WriteAt(new byte[12345], 0));
        Assert.Equal(Errno.Ok, file.Sync());
        var status = file.GetStatus().Value;
        var start = new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%i %s %b %h %u %g %f %.9X %.9Y %.9Z", FilePath]) { RedirectStandardOutput = true };
        using var process = System.Diagnostics.Process.Start(start)!;
        var expected = process.StandardOutput.ReadToEnd().Trim();
        var actual = $"{status.Inode} {status.Size} {status.Blocks} {status.LinkCount} {status.UserId} {status.GroupId} {status.Mode:x} "
            + $"{Seconds(status.AccessTime)} {Seconds(status.ModifyTime)} {Seconds(status.ChangeTime)}";
        Assert.Equal(expected, actual);
        Assert.True(FileMode.IsRegular(status.Mode));
        using var null0 = NativeFile.Open("/dev/null", LibC.O_RDONLY).Value;
        Assert.Equal(0x103u, null0.GetStatus().Value.DeviceNumber);

        static string Seconds(long nanoseconds) => $"{nanoseconds / 1_000_000_000}.{nanoseconds % 1_000_000_000:D9}";
    }

    [Fact]
    public void Locks_exclude_and_end_with_the_file()
    {
        var first = Create();
        using var second = NativeFile.Open(FilePath, LibC.O_RDONLY).Value;
        using var third = NativeFile.Open(FilePath, LibC.O_RDONLY).Value;
        Assert.Equal(Errno.Ok, first.TryLock(exclusive: true));
        Assert.Equal(Errno.EAGAIN, second.TryLock(exclusive: true));
        Assert.Equal(Errno.EAGAIN, second.TryLock(exclusive: false));
        first.Dispose();
        Assert.Equal(Errno.Ok, second.TryLock(exclusive: false));
        Assert.Equal(Errno.Ok, third.TryLock(exclusive: false));
        Assert.Equal(Errno.EAGAIN, third.TryLock(exclusive: true));
    }

    [Fact]
    public void Direct_io_wants_aligned_memory_and_gets_the_bytes()
    {
        using (var file = Create())
            Assert.Equal(Errno.Ok, file.WriteAt(Enumerable.Repeat((byte)9, 8192).ToArray(), 0));
        var opened = NativeFile.Open(FilePath, LibC.O_RDWR | LibC.O_DIRECT);
        if (opened.Error == Errno.EINVAL)
            return; // This directory's filesystem has no direct I/O at all.
        using var direct = opened.Value;
        using var memory = new AlignedMemory(4096);
        Assert.Equal(4096, direct.ReadAt(memory.GetSpan(), 4096).Value);
        Assert.False(memory.GetSpan().ContainsAnyExcept((byte)9));
    }

    private NativeFile Create() => NativeFile.Open(FilePath, LibC.O_RDWR | LibC.O_CREAT, 0x1A4).Value;
}
