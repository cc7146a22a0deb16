using Microsoft.Extensions.Logging.Abstractions;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;
using ZoneTierFS.MountTests.Fixtures;
using ZoneTierFS.MountTests.Memory;
using Errno = ZoneTierFS.Linux.Errno;

namespace ZoneTierFS.MountTests;

/// <summary>How a mount begins and ends, and what it sets up in the kernel.</summary>
public sealed class FuseMountTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ztfs-mount-test-").FullName;

    public void Dispose()
    {
        FuseMount.Unmount(_folder, lazy: true);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Unmounting_ends_the_server()
    {
        var mount = StartHere(new FuseOptions());
        File.WriteAllText(Path.Combine(_folder, "f"), "x");
        Assert.Equal(Errno.Ok, FuseMount.Unmount(_folder, lazy: false));
        await mount.Completion;
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
        Assert.Equal(Errno.EINVAL, FuseMount.Unmount(_folder, lazy: false));
    }

    [Fact]
    public async Task A_mount_in_use_refuses_to_go_and_ends_lazily_with_its_last_file()
    {
        var mount = StartHere(new FuseOptions());
        var file = PosixFile.Create(Path.Combine(_folder, "f"));
        Assert.Equal(Errno.EBUSY, FuseMount.Unmount(_folder, lazy: false));
        Assert.Equal(Errno.Ok, mount.Stop());
        file.WriteAt("still served"u8, 0);
        Assert.False(mount.Completion.IsCompleted);
        file.Dispose();
        await mount.Completion;
    }

    [Fact]
    public async Task Aborting_ends_a_mount_whose_files_are_open()
    {
        var mount = StartHere(new FuseOptions());
        using var file = PosixFile.Create(Path.Combine(_folder, "f"));
        file.WriteAt("x"u8, 0);
        Assert.Equal(Errno.Ok, mount.Abort());
        await mount.Completion;
        Assert.Equal(Mono.Unix.Native.Errno.ENOTCONN, PosixFile.ErrorOf(Syscall.fsync(file.Descriptor)));
    }

    [Fact]
    public async Task Unlinked_files_are_released_at_the_latest_with_the_mount()
    {
        var fileSystem = new MemoryFileSystem();
        var mount = FuseMount.Start(_folder, fileSystem, new FuseOptions(), NullLogger.Instance);
        for (var index = 0; index < 20; index++)
        {
            var path = Path.Combine(_folder, $"f{index}");
            File.WriteAllText(path, "x");
            using var file = PosixFile.Open(path, OpenFlags.O_RDONLY);
            File.Delete(path);
        }
        mount.Stop();
        await mount.Completion;
        Assert.Equal(1, fileSystem.NodeCount);
    }

    [Fact]
    public async Task The_kernel_reads_ahead_as_far_as_asked()
    {
        var mount = StartHere(new FuseOptions { ReadAheadKiB = 2048 });
        var entry = MountTable.Read().At(mount.MountPoint);
        Assert.NotNull(entry);
        Assert.Equal("2048", File.ReadAllText(ReadAhead.AttributePath(entry.Device)).Trim());
        mount.Stop();
        await mount.Completion;
    }

    [Fact]
    public async Task A_read_only_mount_cannot_be_written()
    {
        var mount = StartHere(new FuseOptions { ReadOnly = true });
        Assert.Equal(Mono.Unix.Native.Errno.EROFS, PosixFile.ErrorOf(Syscall.mkdir(Path.Combine(_folder, "d"), (FilePermissions)0x1ED)));
        mount.Stop();
        await mount.Completion;
    }

    [Fact]
    public void An_unusable_mountpoint_is_named()
    {
        var missing = Assert.Throws<FuseMountException>(() => Start(Path.Combine(_folder, "missing"), new FuseOptions()));
        Assert.Equal(Errno.ENOENT, missing.Error);
        Assert.Contains("does not exist", missing.Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        var file = Assert.Throws<FuseMountException>(() => Start(Path.Combine(_folder, "file"), new FuseOptions()));
        Assert.Equal(Errno.ENOTDIR, file.Error);
    }

    [Fact]
    public void Options_outside_their_range_are_refused_before_anything_is_mounted()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => StartHere(new FuseOptions { WorkerCount = 1 }));
        Assert.Throws<ArgumentException>(() => StartHere(new FuseOptions { SourceName = "a,allow_other" }));
        Assert.Null(MountTable.Read().At(_folder));
    }

    [Fact]
    public async Task A_bug_in_the_filesystem_is_an_io_error_and_reported_once()
    {
        var bugs = new List<Exception>();
        var mount = FuseMount.Start(_folder, new MemoryFileSystem { FailsOn = "bug" }, new FuseOptions { OnBug = bugs.Add }, NullLogger.Instance);
        Assert.Equal(Mono.Unix.Native.Errno.EIO, PosixFile.ErrorOf(Syscall.lstat(Path.Combine(_folder, "bug"), out _)));
        File.WriteAllText(Path.Combine(_folder, "other"), "still served");
        mount.Stop();
        await mount.Completion;
        Assert.Equal("planted", Assert.Single(bugs).Message);
    }

    [Fact]
    public void A_server_that_is_killed_leaves_a_mount_that_says_so_and_can_be_replaced()
    {
        using (var server = TestProcess.StartSelf("serve", _folder))
        {
            server.WaitForLine(Program.Ready);
            File.WriteAllText(Path.Combine(_folder, "f"), "x");
            server.Kill();
        }
        Assert.Equal(Mono.Unix.Native.Errno.ENOTCONN, PosixFile.ErrorOf(Syscall.open(Path.Combine(_folder, "g"), OpenFlags.O_RDONLY)));
        var refused = Assert.Throws<FuseMountException>(() => Start(Path.Combine(_folder, "g"), new FuseOptions()));
        Assert.Contains("unmount it first", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.Ok, FuseMount.Unmount(_folder, lazy: true));
        using var next = TestProcess.StartSelf("serve", _folder);
        next.WaitForLine(Program.Ready);
        Assert.Empty(Directory.GetFiles(_folder));
        Assert.Equal(Errno.Ok, FuseMount.Unmount(_folder, lazy: false));
        Assert.Equal(0, next.WaitForExit().ExitCode);
    }

    /// <summary>
    /// In a mount namespace of its own, with a /dev/fuse that everybody may open, as distributions have it: this machine's may be closed to users.
    /// </summary>
    [Fact]
    public void A_user_without_privilege_mounts_through_the_helper()
    {
        const uint Nobody = 65534;
        var mountPoint = Directory.CreateDirectory(Path.Combine(_folder, "mnt")).FullName;
        var device = Path.Combine(_folder, "fuse");
        PosixFile.Check(Syscall.chmod(_folder, (FilePermissions)0x1ED));
        PosixFile.Check(Syscall.chown(mountPoint, Nobody, Nobody));
        var preparation = $"mknod -m 666 {device} c 10 229 && mount --bind {device} /dev/fuse";
        var (exitCode, output) = TestProcess.RunSelfIn(preparation, "mount-unprivileged", mountPoint, $"{Nobody}");
        Assert.True(exitCode == 0, output);
    }

    [Theory]
    [InlineData("f.direct")]
    [InlineData("f.cached")]
    public void Both_ways_to_open_a_file_show_the_same_bytes(string name)
    {
        using var server = TestProcess.StartSelf("serve", _folder);
        server.WaitForLine(Program.Ready);
        var path = Path.Combine(_folder, name);
        var bytes = new byte[3_000_000];
        new Random(1).NextBytes(bytes);
        using (var file = PosixFile.Create(path))
        {
            file.WriteAt(bytes, 0);
            Assert.Equal(bytes, file.ReadAt(bytes.Length + 1, 0));
            using var map = new FileMap(file, bytes.Length, shared: true, writable: true);
            Assert.Equal(bytes, map.Span.ToArray());
            map.Span.Slice(1000, 5000).Fill(7);
            bytes.AsSpan(1000, 5000).Fill(7);
            map.Sync();
            Assert.Equal(bytes, file.ReadAt(bytes.Length, 0));
        }
        Assert.Equal(bytes, File.ReadAllBytes(path));
        FuseMount.Unmount(_folder, lazy: false);
        Assert.Equal(0, server.WaitForExit().ExitCode);
    }

    [Theory]
    [InlineData(Signum.SIGINT, (int)Mono.Unix.Native.Errno.EINTR)] // caught: the read fails
    [InlineData(Signum.SIGKILL, 128 + 9)]
    public async Task A_signal_ends_a_read_that_waits_in_the_server(Signum signal, int exitCode)
    {
        var fileSystem = new MemoryFileSystem();
        var mount = FuseMount.Start(_folder, fileSystem, new FuseOptions(), NullLogger.Instance);
        var path = Path.Combine(_folder, "f" + MemoryFileSystem.WaitingSuffix);
        PosixFile.Create(path).Dispose();
        using (var reader = TestProcess.StartSelf("read", path))
        {
            await fileSystem.ReadWaits.Task;
            PosixFile.Check(Syscall.kill(reader.Id, signal));
            Assert.Equal(exitCode, reader.WaitForExit().ExitCode);
        }
        mount.Stop();
        await mount.Completion;
    }

    private static FuseMount Start(string mountPoint, FuseOptions options) => FuseMount.Start(mountPoint, new MemoryFileSystem(), options, NullLogger.Instance);

    private FuseMount StartHere(FuseOptions options) => Start(_folder, options);
}
