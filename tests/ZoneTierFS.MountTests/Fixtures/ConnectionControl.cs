using Xunit;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>The kernel's list of FUSE connections, where an administrator can end one; mounted for the test where nobody has.</summary>
internal sealed class ConnectionControl : IDisposable
{
    private const string Folder = "/sys/fs/fuse/connections";
    private readonly bool _isOurs;

    private ConnectionControl(bool isOurs) => _isOurs = isOurs;

    public static ConnectionControl Mount()
    {
        if (Directory.EnumerateFileSystemEntries(Folder).Any())
            return new ConnectionControl(isOurs: false);
        Assert.Equal(0, Run("mount", "-t", "fusectl", "fusectl", Folder));
        return new ConnectionControl(isOurs: true);
    }

    /// <param name="device">As the mount table shows it: "0:42". A connection is named after the minor number.</param>
    public static string AbortPath(string device) => $"{Folder}/{device.Split(':')[1]}/abort";

    public void Dispose()
    {
        if (_isOurs)
            Run("umount", Folder);
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
