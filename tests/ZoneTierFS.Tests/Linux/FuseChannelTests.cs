using Xunit;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Linux;

/// <summary>What can be seen of the mount calls without a mount; tests on real mounts see the rest.</summary>
public sealed class FuseChannelTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ztfs-channel-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_channel_without_a_mount_has_nothing_to_say()
    {
        var opened = FuseChannel.Open();
        Assert.Equal(Errno.Ok, opened.Error);
        using var channel = opened.Value;
        Assert.Equal(Errno.EPERM, channel.Read(new byte[8192]).Error);
        Assert.False(channel.Clone().IsOk);
    }

    [Fact]
    public void A_socket_whose_child_has_gone_brings_no_descriptor()
    {
        using var socket = DescriptorSocket.Create().Value;
        Assert.InRange(socket.ChildDescriptor, 3, int.MaxValue);
        socket.ChildStarted();
        Assert.Equal(Errno.ENODEV, socket.Receive().Error);
    }

    [Fact]
    public void Paths_are_resolved_through_their_links()
    {
        var link = Path.Combine(_directory.FullName, "link");
        var target = _directory.CreateSubdirectory("target").FullName;
        File.CreateSymbolicLink(link, target);
        Assert.Equal(target, KernelMounts.Resolve(link + "/../link/.").Value);
        Assert.Equal(Errno.ENOENT, KernelMounts.Resolve(Path.Combine(target, "missing")).Error);
    }

    [Fact]
    public void What_is_not_mounted_cannot_be_detached()
    {
        var error = KernelMounts.Detach(_directory.FullName, lazy: false, force: false);
        Assert.Equal(KernelMounts.IsRoot ? Errno.EINVAL : Errno.EPERM, error);
    }
}
