using System.Text.Json;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.Fuse;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>A fresh volume of two small emulated tiers, formatted, mounted and served by the real `ztfs`.</summary>
public sealed class MountedVolume : MountFixture
{
    private const int PollMilliseconds = 10;
    private const int PatienceMilliseconds = 60_000;

    /// <summary>Everything lies in the fixture's folder; other users may mostly enter, because the tests act as some.</summary>
    private const string Configuration = """
        {
          "volume": { "name": "mount-test" },
          "tiers": [
            { "name": "tlc", "media": "tlc", "path": "tlc.img", "size": "{tlc}", "zoneSize": "{zone}" },
            { "name": "qlc", "media": "qlc", "path": "qlc.img", "size": "{qlc}", "zoneSize": "{zone}" }
          ],
          "durability": { "journalBytesMax": "8MiB" },
          "mount": { "allowOther": {shared} },
          "log": { "file": "ztfs.log", "level": "debug" }
        }
        """;

    private int _daemon;

    public MountedVolume()
        : this("512MiB", "1GiB", "8MiB")
    {
    }

    private MountedVolume(string tlc, string qlc, string zone, bool shared = true, params string[] options)
    {
        var configuration = Configuration.Replace("{shared}", shared ? "true" : "false", StringComparison.Ordinal)
            .Replace("{tlc}", tlc, StringComparison.Ordinal).Replace("{qlc}", qlc, StringComparison.Ordinal);
        File.WriteAllText(ConfigurationPath, configuration.Replace("{zone}", zone, StringComparison.Ordinal));
        Ztfs("format", "--config", ConfigurationPath);
        Mount(options);
    }

    private string ConfigurationPath => Path.Combine(WorkFolder, "volume.json");

    /// <summary>A volume that a test can fill.</summary>
    /// <param name="options">More arguments for `ztfs mount`.</param>
    public static MountedVolume Small(params string[] options) => new("64MiB", "64MiB", "1MiB", shared: true, options);

    /// <summary>A volume that only root may enter, as it is where nothing else is asked for.</summary>
    public static MountedVolume Private() => new("64MiB", "64MiB", "1MiB", shared: false);

    /// <summary>The process that serves the mount.</summary>
    public int DaemonId => _daemon;

    /// <summary>The files of the tiers.</summary>
    public IEnumerable<string> Images => new[] { "tlc.img", "qlc.img" }.Select(name => Path.Combine(WorkFolder, name));

    public string LogPath => Path.Combine(WorkFolder, "ztfs.log");

    /// <param name="options">More arguments for `ztfs mount`.</param>
    public void Mount(params string[] options)
    {
        using var report = JsonDocument.Parse(Ztfs(["mount", "--config", ConfigurationPath, "--json", .. options, Root]));
        _daemon = report.RootElement.GetProperty("pid").GetInt32();
    }

    public void Unmount()
    {
        Ztfs("unmount", Root);
        AwaitDaemon();
    }

    public void Remount()
    {
        Unmount();
        Mount();
    }

    /// <summary>Asks the daemon to end, as a machine that shuts down does, and waits until it has.</summary>
    public void Terminate()
    {
        PosixFile.Check(Syscall.kill(_daemon, Signum.SIGTERM));
        AwaitDaemon();
    }

    /// <summary>Ends the daemon without warning; the mount then stands there without a server.</summary>
    public void Kill()
    {
        PosixFile.Check(Syscall.kill(_daemon, Signum.SIGKILL));
        AwaitDaemon();
    }

    /// <summary>Clears away what <see cref="Kill"/> left and mounts again, which recovers.</summary>
    /// <param name="options">More arguments for `ztfs mount`.</param>
    public void Recover(params string[] options)
    {
        Clear();
        Mount(options);
    }

    /// <summary>Clears away what <see cref="Kill"/> left.</summary>
    public void Clear() => Assert.Equal(Linux.Errno.Ok, FuseMount.Unmount(Root, lazy: true));

    /// <summary>Begins to mount, and kills whoever does it after a while, wherever it is by then; nothing is mounted before and after.</summary>
    public void KillWhileMounting(TimeSpan after)
    {
        using var process = TestProcess.StartZtfs("mount", "--foreground", "--config", ConfigurationPath, Root);
        using var patience = new CancellationTokenSource(after);
        patience.Token.WaitHandle.WaitOne();
        process.Kill();
        // It may or may not have come as far as a mount.
        Assert.Contains(FuseMount.Unmount(Root, lazy: true), new[] { Linux.Errno.Ok, Linux.Errno.EINVAL });
    }

    /// <summary>Verifies every checksum of the volume, which must not be mounted.</summary>
    public void Check() => Ztfs("check", "--config", ConfigurationPath);

    protected override void StopServer()
    {
        if (_daemon != 0)
            AwaitDaemon();
    }

    private string Ztfs(params string[] arguments)
    {
        var (exitCode, output) = TestProcess.RunZtfs(arguments);
        Assert.True(exitCode == 0, $"ztfs {string.Join(' ', arguments)} exited with {exitCode}: {output}{Environment.NewLine}{DaemonLog()}");
        return output;
    }

    /// <summary>Waits until the daemon has ended by itself.</summary>
    public void AwaitEnd() => AwaitDaemon();

    /// <summary>The daemon is not this process's child, so its end can only be seen in /proc.</summary>
    private void AwaitDaemon()
    {
        using var patience = new CancellationTokenSource(PatienceMilliseconds);
        while (Directory.Exists($"/proc/{_daemon}") && !IsZombie())
        {
            Assert.False(patience.IsCancellationRequested, $"the daemon does not end: {DaemonLog()}");
            patience.Token.WaitHandle.WaitOne(PollMilliseconds);
        }
        _daemon = 0;
    }

    /// <summary>
    /// Where nobody reaps orphans, as in a container without an init, the dead daemon stays in the table. While it has more threads than the first, they are
    /// still ending, and its files are still open and locked.
    /// </summary>
    private bool IsZombie()
    {
        try
        {
            return File.ReadAllText($"/proc/{_daemon}/stat").Contains(") Z ", StringComparison.Ordinal)
                && Directory.GetDirectories($"/proc/{_daemon}/task").Length <= 1;
        }
        catch (Exception gone) when (gone is IOException)
        {
            return true;
        }
    }

    private string DaemonLog() => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "no log";
}
