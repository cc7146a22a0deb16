using System.Diagnostics;
using System.Text;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Conformance;

/// <summary>Attributes, permissions, extended attributes, locks.</summary>
public abstract partial class PosixConformance
{
    private const uint Nobody = 65534;
    private const FilePermissions SetId = FilePermissions.S_ISUID | FilePermissions.S_ISGID;

    [Fact]
    public void Mode_and_owner_can_be_changed()
    {
        PosixFile.Create(In("f")).Dispose();
        PosixFile.Check(Syscall.chmod(In("f"), (FilePermissions)0x180));
        PosixFile.Check(Syscall.chown(In("f"), 1234, 4321));
        var status = StatusOf(In("f"));
        Assert.Equal((FilePermissions)0x180, status.st_mode & FilePermissions.ALLPERMS);
        Assert.Equal((1234u, 4321u), (status.st_uid, status.st_gid));
    }

    [Fact]
    public void Creation_obeys_the_mask()
    {
        var before = Syscall.umask((FilePermissions)0x3F);
        PosixFile.Open(In("f"), OpenFlags.O_CREAT | OpenFlags.O_WRONLY, mode: 0x1B6).Dispose();
        PosixFile.Check(Syscall.mkdir(In("d"), (FilePermissions)0x1FF));
        Syscall.umask(before);
        Assert.Equal((FilePermissions)0x180, StatusOf(In("f")).st_mode & FilePermissions.ALLPERMS);
        Assert.Equal((FilePermissions)0x1C0, StatusOf(In("d")).st_mode & FilePermissions.ALLPERMS);
    }

    [Fact]
    public void Times_keep_their_nanoseconds()
    {
        PosixFile.Create(In("f")).Dispose();
        Timespec[] times = [new() { tv_sec = 1_000_000_000, tv_nsec = 123_456_789 }, new() { tv_sec = -5, tv_nsec = 987_654_321 }];
        PosixFile.Check(Syscall.utimensat(Syscall.AT_FDCWD, In("f"), times, 0));
        var status = StatusOf(In("f"));
        Assert.Equal((1_000_000_000, 123_456_789), (status.st_atime, status.st_atime_nsec));
        Assert.Equal((-5, 987_654_321), (status.st_mtime, status.st_mtime_nsec));
    }

    [Fact]
    public void One_time_can_be_set_without_the_other()
    {
        const long Now = (1 << 30) - 1;
        const long Omit = (1 << 30) - 2;
        PosixFile.Create(In("f")).Dispose();
        Timespec[] past = [new() { tv_sec = 1000, tv_nsec = 1 }, new() { tv_sec = 2000, tv_nsec = 2 }];
        PosixFile.Check(Syscall.utimensat(Syscall.AT_FDCWD, In("f"), past, 0));
        Timespec[] modified = [new() { tv_nsec = Omit }, new() { tv_sec = 3000, tv_nsec = 3 }];
        PosixFile.Check(Syscall.utimensat(Syscall.AT_FDCWD, In("f"), modified, 0));
        var status = StatusOf(In("f"));
        Assert.Equal((1000, 1, 3000, 3), (status.st_atime, status.st_atime_nsec, status.st_mtime, status.st_mtime_nsec));
        Timespec[] accessed = [new() { tv_nsec = Now }, new() { tv_nsec = Omit }];
        PosixFile.Check(Syscall.utimensat(Syscall.AT_FDCWD, In("f"), accessed, 0));
        status = StatusOf(In("f"));
        Assert.NotEqual(1000, status.st_atime);
        Assert.Equal((3000, 3), (status.st_mtime, status.st_mtime_nsec));
    }

    [Fact]
    public void Changes_move_the_times_that_they_should()
    {
        PosixFile.Create(In("f")).Dispose();
        Timespec[] past = [new() { tv_sec = 1000 }, new() { tv_sec = 1000 }];
        PosixFile.Check(Syscall.utimensat(Syscall.AT_FDCWD, In("f"), past, 0));
        PosixFile.Check(Syscall.utimensat(Syscall.AT_FDCWD, _folder, past, 0));
        File.AppendAllText(In("f"), "x");
        Assert.NotEqual(1000, StatusOf(In("f")).st_mtime);
        Assert.Equal(1000, StatusOf(_folder).st_mtime);
        File.WriteAllText(In("g"), "");
        Assert.NotEqual(1000, StatusOf(_folder).st_mtime);
    }

    [Fact]
    public void A_directory_with_set_group_id_hands_its_group_down()
    {
        Directory.CreateDirectory(In("d"));
        PosixFile.Check(Syscall.chown(In("d"), 0, 4321));
        PosixFile.Check(Syscall.chmod(In("d"), FilePermissions.S_ISGID | (FilePermissions)0x1ED));
        File.WriteAllText(In("d/f"), "");
        Directory.CreateDirectory(In("d/sub"));
        Assert.Equal(4321u, StatusOf(In("d/f")).st_gid);
        Assert.Equal(4321u, StatusOf(In("d/sub")).st_gid);
        Assert.True(StatusOf(In("d/sub")).st_mode.HasFlag(FilePermissions.S_ISGID));
    }

    [Fact]
    public void A_write_by_an_ordinary_user_clears_the_set_id_bits()
    {
        PosixFile.Create(In("f")).Dispose();
        PosixFile.Check(Syscall.chmod(In("f"), SetId | (FilePermissions)0x1FF));
        Assert.Equal(0, TestProcess.RunSelf("write-as", In("f"), Nobody.ToString(provider: null)));
        Assert.Equal((FilePermissions)0, StatusOf(In("f")).st_mode & SetId);
        PosixFile.Check(Syscall.chmod(In("f"), SetId | (FilePermissions)0x1FF));
        PosixFile.Check(Syscall.chown(In("f"), Nobody, Nobody));
        Assert.Equal((FilePermissions)0, StatusOf(In("f")).st_mode & SetId);
    }

    [Fact]
    public void Permissions_are_checked_for_other_users()
    {
        File.WriteAllText(In("open"), "x");
        File.WriteAllText(In("closed"), "x");
        PosixFile.Check(Syscall.chmod(In("closed"), (FilePermissions)0x180));
        Assert.Equal(0, TestProcess.RunSelf("open-as", In("open"), Nobody.ToString(provider: null)));
        Assert.Equal((int)Errno.EACCES, TestProcess.RunSelf("open-as", In("closed"), Nobody.ToString(provider: null)));
    }

    [Fact]
    public void A_program_in_the_mount_can_be_run()
    {
        File.Copy("/bin/true", In("program"));
        using var process = Process.Start(In("program"));
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void Extended_attributes_are_set_listed_and_removed()
    {
        PosixFile.Create(In("f")).Dispose();
        var value = Noise(2000, seed: 21);
        PosixFile.Check(Syscall.setxattr(In("f"), "user.one", value));
        PosixFile.Check(Syscall.setxattr(In("f"), "user.empty", []));
        Assert.Equal(value, XattrOf("user.one"));
        Assert.Empty(XattrOf("user.empty"));
        PosixFile.Check(Syscall.listxattr(In("f"), Encoding.ASCII, out var names));
        Assert.Equal(["user.empty", "user.one"], names.Where(name => !name.StartsWith("user.ztfs.", StringComparison.Ordinal)).Order());
        PosixFile.Check(Syscall.removexattr(In("f"), "user.one"));
        Assert.Equal(Errno.ENODATA, PosixFile.ErrorOf(Syscall.getxattr(In("f"), "user.one", out _)));
        Assert.Equal(Errno.ENODATA, PosixFile.ErrorOf(Syscall.removexattr(In("f"), "user.one")));
    }

    [Fact]
    public void Setting_an_extended_attribute_obeys_its_flags()
    {
        PosixFile.Create(In("f")).Dispose();
        Assert.Equal(Errno.ENODATA, PosixFile.ErrorOf(Syscall.setxattr(In("f"), "user.a", [1], XattrFlags.XATTR_REPLACE)));
        PosixFile.Check(Syscall.setxattr(In("f"), "user.a", [1], XattrFlags.XATTR_CREATE));
        Assert.Equal(Errno.EEXIST, PosixFile.ErrorOf(Syscall.setxattr(In("f"), "user.a", [2], XattrFlags.XATTR_CREATE)));
        PosixFile.Check(Syscall.setxattr(In("f"), "user.a", [3], XattrFlags.XATTR_REPLACE));
        Assert.Equal([3], XattrOf("user.a"));
    }

    [Fact]
    public void File_locks_lock_between_openers_and_processes()
    {
        using var file = PosixFile.Create(In("f"));
        using var other = PosixFile.Open(In("f"), OpenFlags.O_RDWR);
        Assert.Equal((Errno)0, file.TryFlock());
        Assert.Equal(Errno.EAGAIN, other.TryFlock());
        Assert.Equal((int)Errno.EAGAIN, TestProcess.RunSelf("try-flock", In("f")));
        file.Unlock();
        Assert.Equal(0, TestProcess.RunSelf("try-flock", In("f")));
        Assert.Equal((Errno)0, other.TryFlock());
    }

    [Fact]
    public void Record_locks_lock_between_processes()
    {
        using var file = PosixFile.Create(In("f"));
        Assert.Equal((Errno)0, file.TryFcntlLock(100, 10));
        Assert.Equal(0, TestProcess.RunSelf("try-fcntl", In("f")));
        Assert.Equal((Errno)0, file.TryFcntlLock(0, 1));
        Assert.Equal((int)Errno.EAGAIN, TestProcess.RunSelf("try-fcntl", In("f")));
    }

    [Fact]
    public void Space_is_reported()
    {
        PosixFile.Check(Syscall.statvfs(Mount.Root, out var space));
        Assert.Equal(4096ul, space.f_bsize);
        Assert.InRange(space.f_bavail, 1ul, space.f_blocks);
        Assert.Equal(255ul, space.f_namemax);
    }

    private byte[] XattrOf(string name)
    {
        PosixFile.Check(Syscall.getxattr(In("f"), name, out var value));
        return value ?? [];
    }
}
