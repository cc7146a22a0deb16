using Xunit;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>A filesystem mounted in a temporary folder and served by another process, so that the tests may touch it in any way they like.</summary>
public abstract class MountFixture : IDisposable
{
    protected MountFixture()
    {
        Assert.True(File.Exists(FuseChannel.DevicePath), $"{FuseChannel.DevicePath} is missing: mount tests need FUSE.");
        WorkFolder = Directory.CreateTempSubdirectory("ztfs-mount-test-").FullName;
        // Other users must get through to the mountpoint.
        File.SetUnixFileMode(WorkFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Root = Path.Combine(WorkFolder, "mnt");
        Directory.CreateDirectory(Root);
    }

    /// <summary>The mountpoint.</summary>
    public string Root { get; }

    protected string WorkFolder { get; }

    public void Dispose()
    {
        FuseMount.Unmount(Root, lazy: true);
        StopServer();
        Directory.Delete(WorkFolder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends the process that serves the mount, if it still runs.</summary>
    protected abstract void StopServer();
}
