using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Mono.Unix.Native;
using ZoneTierFS.Fuse;
using ZoneTierFS.MountTests.Fixtures;
using ZoneTierFS.MountTests.Memory;

namespace ZoneTierFS.MountTests;

/// <summary>
/// The test executable as a process of its own: the server of a filesystem in memory, or somebody else who locks or opens a file. What it finds out is
/// its exit code.
/// </summary>
internal static class Program
{
    public const string Ready = "ready";

    public static int Main(string[] arguments) => arguments switch
    {
        ["serve", var mountPoint] => Serve(mountPoint),
        ["mount-unprivileged", var mountPoint, var user] => MountAs(mountPoint, uint.Parse(user, null)),
        ["try-flock", var path] => (int)PosixFile.Open(path, OpenFlags.O_RDWR).TryFlock(),
        ["try-fcntl", var path] => (int)PosixFile.Open(path, OpenFlags.O_RDWR).TryFcntlLock(0, 10),
        ["open-as", var path, var user] => OpenAs(path, uint.Parse(user, null)),
        ["ztfs-as", var user, .. var command] => ZtfsAs(uint.Parse(user, null), command),
        ["hide-memory"] => HideMemory(),
        ["write-as", var path, var user] => WriteAs(path, uint.Parse(user, null)),
        _ => throw new ArgumentException("Unknown arguments: " + string.Join(' ', arguments)),
    };

    private static int Serve(string mountPoint)
    {
        var failed = 0;
        var options = new FuseOptions { AllowOther = true, OnBug = _ => failed = 1 };
        var mount = FuseMount.Start(mountPoint, new MemoryFileSystem(), options, NullLogger.Instance);
        Console.Out.WriteLine(Ready);
        Console.Out.Flush();
        mount.Completion.Wait();
        return failed;
    }

    /// <summary>Without root, mounting and unmounting go through fusermount3.</summary>
    private static int MountAs(string mountPoint, uint user)
    {
        Become(user);
        var mount = FuseMount.Start(mountPoint, new MemoryFileSystem(), new FuseOptions(), NullLogger.Instance);
        var line = File.ReadLines("/proc/self/mountinfo").Single(entry => entry.Contains($" {mountPoint} ", StringComparison.Ordinal));
        string[] wanted = ["nosuid", "nodev", "default_permissions", $"user_id={user}"];
        string[] unwanted = ["allow_other", "noexec"];
        if (wanted.Except(line.Split(' ', ',')).Any() || unwanted.Intersect(line.Split(' ', ',')).Any())
            throw new InvalidOperationException("The mount has other options: " + line);
        using var shell = Process.Start("sh", ["-c", $"cd {mountPoint} && echo x > f && test \"$(cat f)\" = x"]);
        shell.WaitForExit();
        var stopped = mount.Stop();
        mount.Completion.Wait();
        return shell.ExitCode + (int)stopped;
    }

    private static int OpenAs(string path, uint user)
    {
        Become(user);
        var descriptor = Syscall.open(path, OpenFlags.O_RDONLY);
        return descriptor >= 0 ? 0 : (int)Stdlib.GetLastError();
    }

    private static int WriteAs(string path, uint user)
    {
        Become(user);
        using var file = PosixFile.Open(path, OpenFlags.O_WRONLY);
        file.WriteAt([1, 2, 3], 0);
        return 0;
    }

    /// <summary>Runs a command of ztfs in this process, as another user.</summary>
    private static int ZtfsAs(uint user, string[] command)
    {
        Become(user);
        return (int)Cli.Commands.CommandLine.RunAsync(command, Cli.Commands.CommandHost.OfProcess()).GetAwaiter().GetResult();
    }

    /// <summary>Fails unless the memory can be seen before, and not after.</summary>
    private static int HideMemory()
    {
        var before = Linux.ProcessPrivileges.IsMemoryHidden;
        Cli.Mounting.Daemon.KeepPrivate();
        return !before && Linux.ProcessPrivileges.IsMemoryHidden ? 0 : 1;
    }

    private static void Become(uint user)
    {
        PosixFile.Check(Syscall.setgid(user));
        PosixFile.Check(Syscall.setuid(user));
    }
}
