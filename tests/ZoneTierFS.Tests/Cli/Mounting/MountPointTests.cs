using Xunit;
using ZoneTierFS.Cli.Mounting;

namespace ZoneTierFS.Tests.Cli.Mounting;

public sealed class MountPointTests : IDisposable
{
    private readonly string _folder = MountPoint.Resolve(Directory.CreateTempSubdirectory("ztfs-mountpoint-").FullName);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AnEmptyDirectoryIsReady() => Assert.Null(Refuse("."));

    [Fact]
    public void AMissingDirectoryIsSaidSo() => Assert.Contains("does not exist", Refuse("missing"), StringComparison.Ordinal);

    [Fact]
    public void AFileIsSaidSo()
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        Assert.Contains("is no directory", Refuse("file"), StringComparison.Ordinal);
        Assert.Contains("does not exist", Refuse("file/below"), StringComparison.Ordinal);
    }

    [Fact]
    public void ADirectoryThatHoldsSomethingIsSaidSo()
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        Assert.Contains("is not empty", Refuse("."), StringComparison.Ordinal);
    }

    [Fact]
    public void AMountIsSaidSo()
    {
        Assert.Contains("mounted there already", Refuse("/proc"), StringComparison.Ordinal);
        MountEntry[] table = [new(_folder, "fuse.ztfs", "ztfs")];
        Assert.Equal(MountPointState.Mounted, MountPoint.Look(_folder, table));
    }

    [Fact]
    public void EachStateButReadyHasAMessageOfItsOwn()
    {
        var messages = Enum.GetValues<MountPointState>().Select(state => MountPoint.Refusal("/m", state)?.Message).ToList();
        Assert.Equal(messages.Count, messages.Distinct().Count());
        Assert.Equal(MountPointState.Ready, Enum.GetValues<MountPointState>().Single(state => MountPoint.Refusal("/m", state) is null));
    }

    [Fact]
    public void SymbolicLinksAndDotsAreResolved()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "real"));
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), "real");
        Assert.Equal(Path.Combine(_folder, "real"), MountPoint.Resolve(Path.Combine(_folder, "link/../link/")));
        Assert.Equal(Path.Combine(_folder, "real/missing"), MountPoint.Resolve(Path.Combine(_folder, "link/missing")));
    }

    private string? Refuse(string path)
    {
        var resolved = MountPoint.Resolve(Path.Combine(_folder, path));
        return MountPoint.Refusal(resolved, MountPoint.Look(resolved, MountTable.Read()))?.Message;
    }
}
