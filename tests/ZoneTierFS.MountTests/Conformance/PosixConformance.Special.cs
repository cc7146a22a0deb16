using System.Diagnostics;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.Linux;
using ZoneTierFS.MountTests.Fixtures;
using Errno = Mono.Unix.Native.Errno;

namespace ZoneTierFS.MountTests.Conformance;

/// <summary>Files without a name, file handles, copies in the server, flags of files.</summary>
public abstract partial class PosixConformance
{
    private const int Exclusive = 0x80;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_unnamed_file_is_nowhere_until_it_is_linked(bool byProc)
    {
        var bytes = Noise(300_000, seed: 30);
        using (var file = PosixFile.OpenUnnamed(_folder))
        {
            file.WriteAt(bytes, 0);
            Assert.Equal((0ul, FilePermissions.S_IFREG | (FilePermissions)0x180), (file.Status().st_nlink, file.Status().st_mode));
            Assert.Empty(Directory.GetFileSystemEntries(_folder));
            Assert.Equal((Errno)0, file.LinkAs(In("f"), byProc));
            Assert.Equal(1ul, file.Status().st_nlink);
            Assert.Equal(Errno.EEXIST, file.LinkAs(In("f"), byProc));
            file.WriteAt("more"u8, bytes.Length);
        }
        Assert.Equal([.. bytes, .. "more"u8], File.ReadAllBytes(In("f")));
        Assert.Equal(1ul, StatusOf(In("f")).st_nlink);
    }

    [Fact]
    public void An_unnamed_file_can_be_opened_again_by_way_of_proc_and_goes_when_closed()
    {
        using var file = PosixFile.OpenUnnamed(_folder);
        file.WriteAt("x"u8, 0);
        using (var again = PosixFile.Open($"/proc/self/fd/{file.Descriptor}", OpenFlags.O_RDWR))
            Assert.Equal("x"u8.ToArray(), again.ReadAt(10, 0));
        PosixFile.Check(Syscall.fsync(file.Descriptor));
        Assert.Equal(0ul, file.Status().st_nlink);
    }

    [Fact]
    public void An_exclusive_unnamed_file_cannot_be_linked()
    {
        using var file = PosixFile.OpenUnnamed(_folder, LibC.O_WRONLY | Exclusive);
        Assert.Equal(Errno.ENOENT, file.LinkAs(In("f"), byProc: true));
        Assert.Equal(Errno.ENOENT, file.LinkAs(In("f"), byProc: false));
    }

    [Fact]
    public void A_file_handle_is_good_for_as_long_as_the_file_lives()
    {
        Directory.CreateDirectory(In("d/sub"));
        File.WriteAllText(In("d/sub/f"), "content");
        var (file, folder) = (PosixFile.HandleOf(In("d/sub/f")), PosixFile.HandleOf(In("d/sub")));
        AssertHandles(file, folder, "f");
        ForgetInodes();
        AssertHandles(file, folder, "f");
        PosixFile.Check(Stdlib.rename(In("d/sub/f"), In("d/sub/g")));
        PosixFile.Check(Stdlib.rename(In("d/sub"), In("moved")));
        ForgetInodes();
        AssertHandles(file, folder, "g");
        Assert.Equal(file, PosixFile.HandleOf(In("moved/g")));
        File.Delete(In("moved/g"));
        Directory.Delete(In("moved"));
        Assert.Equal(Errno.ESTALE, PosixFile.TryOpenHandle(Mount.Root, file, LibC.O_RDONLY, out _));
        Assert.Equal(Errno.ESTALE, PosixFile.TryOpenHandle(Mount.Root, folder, LibC.O_RDONLY, out _));
    }

    /// <summary>A directory found by its handle is connected to the tree again: its path is known, and its parents are.</summary>
    private void AssertHandles(byte[] file, byte[] folder, string name)
    {
        using (var opened = PosixFile.OpenHandle(Mount.Root, file, LibC.O_RDWR))
            Assert.Equal("content"u8.ToArray(), opened.ReadAt(100, 0));
        using var directory = PosixFile.OpenHandle(Mount.Root, folder, LibC.O_DIRECTORY);
        var path = new FileInfo($"/proc/self/fd/{directory.Descriptor}").LinkTarget;
        Assert.StartsWith(_folder, path, StringComparison.Ordinal);
        Assert.Equal("content", File.ReadAllText($"/proc/self/fd/{directory.Descriptor}/{name}"));
        Assert.Equal([name], Directory.GetFiles($"/proc/self/fd/{directory.Descriptor}").Select(Path.GetFileName));
    }

    /// <summary>The kernel drops the names and inodes that nobody uses, and tells the server to forget them.</summary>
    private static void ForgetInodes() => File.WriteAllText("/proc/sys/vm/drop_caches", "2");

    [Fact]
    public void A_range_is_copied_in_the_server()
    {
        var bytes = Noise(40 * MiB, seed: 31);
        File.WriteAllBytes(In("from"), bytes);
        using var from = PosixFile.Open(In("from"), OpenFlags.O_RDONLY);
        using var to = PosixFile.Create(In("to"));
        to.WriteAt(Noise(10_000, seed: 32), 0);
        CopyAll(from, to, 3, 5, 41 * MiB);
        Assert.Equal([.. Noise(10_000, seed: 32)[..5], .. bytes[3..]], File.ReadAllBytes(In("to")));
        Assert.Equal(5 + bytes.Length - 3, to.Status().st_size);
        Assert.Equal(0, from.CopyTo(to, 40 * MiB, 0, 10));
        Assert.Equal(-(long)Errno.EINVAL, to.CopyTo(to, 0, 5_000, 10_000));
        Assert.Equal(-(long)Errno.EBADF, to.CopyTo(from, 0, 0, 10));
        CopyAll(to, to, 0, 50 * MiB, 8_192);
        Assert.Equal(to.ReadAt(8_192, 0), to.ReadAt(8_192, 50 * MiB));
    }

    [Fact]
    public void A_copy_sees_unsynced_data_and_drops_what_was_cached_of_the_target()
    {
        using var from = PosixFile.Create(In("from"));
        using var to = PosixFile.Create(In("to"));
        to.WriteAt(Noise(100_000, seed: 33), 0);
        Assert.Equal(100_000, to.ReadAt(100_000, 0).Length);
        using var map = new FileMap(from, 100_000, shared: true, writable: true);
        from.Truncate(100_000);
        Noise(100_000, seed: 34).CopyTo(map.Span);
        Timespec[] past = [new() { tv_sec = 1000 }, new() { tv_sec = 1000 }];
        PosixFile.Check(Syscall.utimensat(Syscall.AT_FDCWD, In("to"), past, 0));
        CopyAll(from, to, 0, 0, 100_000);
        Assert.Equal(Noise(100_000, seed: 34), to.ReadAt(200_000, 0));
        Assert.NotEqual(1000, to.Status().st_mtime);
    }

    [Fact]
    public void A_copy_keeps_holes()
    {
        using (var from = PosixFile.Create(In("from")))
        {
            from.WriteAt(Noise(8_192, seed: 35), 16 * MiB);
            from.Truncate(64 * MiB);
        }
        using var source = PosixFile.Open(In("from"), OpenFlags.O_RDONLY);
        using var to = PosixFile.Create(In("to"));
        CopyAll(source, to, 0, 0, 64 * MiB);
        to.Fsync();
        Assert.Equal(64 * MiB, to.Status().st_size);
        Assert.InRange(to.Status().st_blocks, 16, 8 * 1024);
        Assert.Equal(Noise(8_192, seed: 35), to.ReadAt(8_192, 16 * MiB));
        Assert.Equal(16 * MiB, to.Seek(0, SeekData));
    }

    [Fact]
    public void The_copy_program_copies_content_and_holes()
    {
        using (var from = PosixFile.Create(In("from")))
        {
            from.WriteAt(Noise(3 * MiB + 7, seed: 36), 0);
            from.WriteAt(Noise(MiB, seed: 37), 20 * MiB);
        }
        Run("cp", "--reflink=auto", "--sparse=auto", In("from"), In("to"));
        Assert.Equal(File.ReadAllBytes(In("from")), File.ReadAllBytes(In("to")));
        using var to = PosixFile.Open(In("to"), OpenFlags.O_RDWR);
        to.Fsync();
        Assert.InRange(StatusOf(In("to")).st_blocks, 1, 8 * 2 * 1024);
    }

    [Fact]
    public void A_copy_by_an_ordinary_user_clears_the_set_id_bits()
    {
        File.WriteAllBytes(In("from"), Noise(10_000, seed: 38));
        PosixFile.Create(In("f")).Dispose();
        PosixFile.Check(Syscall.chmod(In("f"), SetId | (FilePermissions)0x1FF));
        Assert.Equal(0, TestProcess.RunSelf("copy-as", In("from"), In("f"), Nobody.ToString(provider: null)));
        Assert.Equal((FilePermissions)0, StatusOf(In("f")).st_mode & SetId);
        Assert.Equal(Noise(10_000, seed: 38), File.ReadAllBytes(In("f")));
    }

    [Fact]
    public void Nothing_changes_an_immutable_file()
    {
        File.WriteAllText(In("f"), "sealed");
        File.WriteAllText(In("other"), "x");
        using var open = PosixFile.Open(In("f"), OpenFlags.O_RDWR);
        Assert.False(open.IsImmutable());
        Assert.Equal((Errno)0, open.SetImmutable(true));
        Assert.True(open.IsImmutable());
        var before = StatusOf(In("f"));
        AssertRefused(Syscall.open(In("f"), OpenFlags.O_WRONLY));
        AssertRefused(Syscall.open(In("f"), OpenFlags.O_WRONLY | OpenFlags.O_TRUNC));
        Assert.Equal(Errno.EPERM, open.TryWriteAt("y"u8, 0));
        AssertRefused(Syscall.ftruncate(open.Descriptor, 3));
        AssertRefused(Syscall.truncate(In("f"), 3));
        Assert.Equal(Errno.EPERM, open.Allocate(0, 0, 100));
        AssertRefused(Syscall.chmod(In("f"), (FilePermissions)0x180));
        AssertRefused(Syscall.chown(In("f"), 1, 1));
        AssertRefused(Syscall.utimensat(Syscall.AT_FDCWD, In("f"), [new() { tv_sec = 1 }, new() { tv_sec = 1 }], 0));
        AssertRefused(Syscall.unlink(In("f")));
        AssertRefused(Stdlib.rename(In("f"), In("g")));
        AssertRefused(Stdlib.rename(In("other"), In("f")));
        Assert.Equal(Errno.EPERM, PosixFile.Rename(In("f"), In("other"), Exchange));
        AssertRefused(Syscall.link(In("f"), In("g")));
        AssertRefused(Syscall.setxattr(In("f"), "user.a", [1]));
        Assert.Equal("sealed", File.ReadAllText(In("f")));
        Assert.Equal(before, StatusOf(In("f")) with { st_atime = before.st_atime, st_atime_nsec = before.st_atime_nsec });
        Assert.Equal((Errno)0, open.SetImmutable(false));
        open.WriteAt("S"u8, 0);
        File.Delete(In("f"));
    }

    [Fact]
    public void Immutable_is_seen_and_set_by_the_usual_programs()
    {
        File.WriteAllText(In("f"), "x");
        Run("chattr", "+i", In("f"));
        Assert.Contains("i", Run("lsattr", In("f")).Split(' ')[0], StringComparison.Ordinal);
        AssertRefused(Syscall.unlink(In("f")));
        Run("chattr", "-i", In("f"));
        Assert.DoesNotContain("i", Run("lsattr", In("f")).Split(' ')[0], StringComparison.Ordinal);
        File.Delete(In("f"));
    }

    [Fact]
    public void An_immutable_directory_keeps_its_names()
    {
        Directory.CreateDirectory(In("d"));
        File.WriteAllText(In("d/f"), "x");
        using var directory = PosixFile.Open(In("d"), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        Assert.Equal((Errno)0, directory.SetImmutable(true));
        AssertRefused(Syscall.open(In("d/g"), OpenFlags.O_CREAT | OpenFlags.O_WRONLY, (FilePermissions)0x1A4));
        AssertRefused(Syscall.unlink(In("d/f")));
        AssertRefused(Stdlib.rename(In("d/f"), In("g")));
        AssertRefused(Syscall.mkdir(In("d/sub"), (FilePermissions)0x1ED));
        AssertRefused(Syscall.rmdir(In("d")), Errno.ENOTEMPTY);
        File.AppendAllText(In("d/f"), "y");
        Assert.Equal((Errno)0, directory.SetImmutable(false));
        File.Delete(In("d/f"));
    }

    [Fact]
    public void Flags_that_are_not_kept_are_refused()
    {
        const uint ImmutableXattr = 8;
        using var file = PosixFile.Create(In("f"));
        Assert.Equal(Errno.EOPNOTSUPP, file.SetFlags(0x20)); // append only
        Assert.Equal(Errno.EOPNOTSUPP, file.SetFlags(0x800000)); // no copy on write
        Assert.Equal((Errno)0, file.SetXattrFlags(ImmutableXattr, 0, 0, 0, 0, 0, 0));
        Assert.Equal([ImmutableXattr, 0, 0, 0, 0, 0, 0], file.GetXattrFlags());
        Assert.True(file.IsImmutable());
        Assert.Equal((Errno)0, file.SetXattrFlags(0, 0, 0, 0, 0, 0, 0));
        Assert.Equal(Errno.EOPNOTSUPP, file.SetXattrFlags(0, 0, 0, 7, 0, 0, 0)); // a project
        Assert.False(file.IsImmutable());
        Assert.Equal(Errno.ENOTTY, file.Control(0x5401)); // TCGETS
        Assert.Equal(Errno.ENOTTY, file.Control(0x4711));
    }

    private static void AssertRefused(int result, Errno other = Errno.EPERM) =>
        Assert.Contains(PosixFile.ErrorOf(result), new[] { Errno.EPERM, other });

    private static void CopyAll(PosixFile from, PosixFile to, long fromOffset, long toOffset, long length)
    {
        for (long done = 0; done < length;)
        {
            var copied = from.CopyTo(to, fromOffset + done, toOffset + done, length - done);
            Assert.InRange(copied, 0, length - done);
            if (copied == 0)
                return;
            done += copied;
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {errors}");
        return output;
    }
}
