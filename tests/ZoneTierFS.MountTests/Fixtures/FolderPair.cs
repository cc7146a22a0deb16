using Xunit;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>A folder of the host and one of a mount, which any user may enter: what a script does in one it must do in the other.</summary>
internal sealed class FolderPair : IDisposable
{
    private readonly string _host;

    public FolderPair(MountFixture mount)
    {
        _host = NewFolder(Path.GetTempPath());
        Mounted = NewFolder(mount.Root);
    }

    public string Mounted { get; }

    public void Dispose() => Directory.Delete(_host, recursive: true);

    /// <summary>Runs the lines in both folders: each must give the result that it names, and what names none the same in both.</summary>
    public void AssertAlike(string script) => Assert.Equal(FileScript.Run(_host, script), FileScript.Run(Mounted, script));

    /// <summary>Runs the lines in the mount alone.</summary>
    public string Run(string script) => FileScript.Run(Mounted, script);

    private static string NewFolder(string parent)
    {
        const UnixFileMode Everyone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        var folder = Path.Combine(parent, "ztfs-folder-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, Everyone);
        return folder;
    }
}
