using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.Cli.Serving;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>Who may enter a mount, steer it and end it, and what its daemon could do if it were taken over.</summary>
[Trait("Kind", "Volume")]
public sealed class VolumeSecurityTests
{
    private const string Nobody = "65534";

    /// <summary>CAP_DAC_OVERRIDE (1) and CAP_SYS_ADMIN (21).</summary>
    private const string DaemonCapabilities = "0000000000200002";

    [Fact]
    public void A_mount_is_its_users_alone_and_takes_no_privilege_from_files()
    {
        using var volume = MountedVolume.Private();
        var options = MountOptions(volume.Root);
        Assert.Contains("nosuid", options);
        Assert.Contains("nodev", options);
        Assert.Contains("default_permissions", options);
        Assert.DoesNotContain("allow_other", options);
        Assert.DoesNotContain("noexec", options);
        File.WriteAllText(Path.Combine(volume.Root, "f"), "secret");
        Assert.Equal(0, Syscall.chmod(Path.Combine(volume.Root, "f"), (FilePermissions)0x1B6));
        Assert.Equal((int)Errno.EACCES, TestProcess.RunSelf("open-as", Path.Combine(volume.Root, "f"), Nobody));
    }

    [Fact]
    public void Others_enter_only_where_that_was_asked_for_and_modes_still_hold()
    {
        using var volume = MountedVolume.Small();
        Assert.Contains("allow_other", MountOptions(volume.Root));
        Assert.Contains("default_permissions", MountOptions(volume.Root));
        foreach (var (name, mode, expected) in new[] { ("open", 0x1A4, 0), ("closed", 0x180, (int)Errno.EACCES) })
        {
            var path = Path.Combine(volume.Root, name);
            File.WriteAllText(path, "x");
            Assert.Equal(0, Syscall.chmod(path, (FilePermissions)mode));
            Assert.Equal(expected, TestProcess.RunSelf("open-as", path, Nobody));
        }
    }

    [Fact]
    public void The_daemon_keeps_only_what_it_needs()
    {
        using var volume = MountedVolume.Private();
        var status = File.ReadLines($"/proc/{volume.DaemonId}/status").Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim());
        foreach (var set in new[] { "CapPrm", "CapEff", "CapBnd" })
            Assert.Equal(DaemonCapabilities, status[set]);
        Assert.Equal("0000000000000000", status["CapInh"]);
        Assert.Equal("0000000000000000", status["CapAmb"]);
        Assert.Equal("1", status["NoNewPrivs"]);
        Assert.Equal("0077", status["Umask"]);
        Assert.Equal("/", File.ResolveLinkTarget($"/proc/{volume.DaemonId}/cwd", returnFinalTarget: false)!.FullName);
        for (var descriptor = 0; descriptor <= 2; descriptor++)
            Assert.Equal("/dev/null", File.ResolveLinkTarget($"/proc/{volume.DaemonId}/fd/{descriptor}", returnFinalTarget: false)!.FullName);
    }

    [Fact]
    public void The_images_and_the_log_are_closed_to_others()
    {
        using var volume = MountedVolume.Private();
        foreach (var path in volume.Images.Append(volume.LogPath))
        {
            Assert.Equal(0, Syscall.stat(path, out var status));
            Assert.Equal(0x180u, (uint)(status.st_mode & (FilePermissions)0xFFF));
        }
    }

    [Fact]
    public void A_process_that_serves_a_mount_hides_its_memory() => Assert.Equal(0, TestProcess.RunSelf("hide-memory"));

    [Fact]
    public void What_the_caller_has_open_does_not_stay_open_in_the_daemon()
    {
        using var volume = MountedVolume.Private();
        volume.Unmount();
        var inherited = Path.Combine(Path.GetDirectoryName(volume.Root)!, "inherited");
        File.WriteAllText(inherited, "x");
        using (var file = PosixFile.Open(inherited, OpenFlags.O_RDONLY))
        {
            // The program that mounts gets the descriptor; its daemon must not.
            Assert.Equal(0, Syscall.fcntl(file.Descriptor, FcntlCommand.F_SETFD, 0));
            volume.Mount();
        }
        var open = Directory.GetFiles($"/proc/{volume.DaemonId}/fd").Select(path => File.ResolveLinkTarget(path, returnFinalTarget: false)?.FullName).ToList();
        Assert.Contains("/dev/fuse", open);
        Assert.DoesNotContain(inherited, open);
    }

    [Fact]
    public void Another_user_can_neither_unmount_nor_ask_nor_steer()
    {
        using var volume = MountedVolume.Small();
        var file = Path.Combine(volume.Root, "f");
        File.WriteAllText(file, "x");
        Assert.Equal(0, Syscall.chmod(file, (FilePermissions)0x1B6));
        AssertRefused("cannot be unmounted", "ztfs-as", Nobody, "unmount", volume.Root);
        AssertRefused("only the owner and root", "ztfs-as", Nobody, "status", volume.Root);
        AssertRefused("only the owner and root", "ztfs-as", Nobody, "pin", file);
        AssertRefused("only the owner and root", "ztfs-as", Nobody, "warm", file);
        AssertRefused("only the owner and root", "ztfs-as", Nobody, "evict", file);
        // What a program can find out by reading the file it may be told, too.
        Assert.Equal(0, TestProcess.RunSelf("ztfs-as", Nobody, "explain", file));
        Assert.Equal("x", File.ReadAllText(file));
        Assert.True(Syscall.getxattr(volume.Root, ControlAttributes.Status, [], 0) > 0);
    }

    [Fact]
    public void Another_user_cannot_unmount_a_private_mount()
    {
        using var volume = MountedVolume.Private();
        AssertRefused("cannot be unmounted", "ztfs-as", Nobody, "unmount", volume.Root);
        Assert.True(Syscall.getxattr(volume.Root, ControlAttributes.Status, [], 0) > 0);
    }

    private static void AssertRefused(string reason, params string[] arguments)
    {
        var (exitCode, output) = TestProcess.RunSelfWithOutput(arguments);
        Assert.True(exitCode == 1 && output.Contains(reason, StringComparison.Ordinal), $"{string.Join(' ', arguments)} exited with {exitCode}: {output}");
    }

    private static string[] MountOptions(string mountPoint) =>
        File.ReadLines("/proc/self/mountinfo").Single(line => line.Contains($" {mountPoint} ", StringComparison.Ordinal)).Split(' ', ',');
}
