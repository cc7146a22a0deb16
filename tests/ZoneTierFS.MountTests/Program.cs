using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Mono.Unix.Native;
using ZoneTierFS.Fuse;
using ZoneTierFS.MountTests.Crash;
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
        ["serve-faulty", var mountPoint, var zones] => FaultyVolumeServer.RunAsync(mountPoint, int.Parse(zones, null)).GetAwaiter().GetResult(),
        ["mount-unprivileged", var mountPoint, var user] => MountAs(mountPoint, uint.Parse(user, null)),
        ["try-flock", var path] => (int)PosixFile.Open(path, OpenFlags.O_RDWR).TryFlock(),
        ["try-fcntl", var path] => (int)PosixFile.Open(path, OpenFlags.O_RDWR).TryFcntlLock(0, 10),
        ["count-locked", var path, var times] => CountLocked(path, int.Parse(times, null)),
        ["append", var path, var line, var times] => Append(path, line, int.Parse(times, null)),
        ["map", var path, var hash] => Map(path, hash),
        ["open-as", var path, var user] => OpenAs(path, uint.Parse(user, null)),
        ["ztfs-as", var user, .. var command] => ZtfsAs(uint.Parse(user, null), command),
        ["hide-memory"] => HideMemory(),
        ["write-as", var path, var user] => WriteAs(path, uint.Parse(user, null)),
        ["copy-as", var from, var to, var user] => CopyAs(from, to, uint.Parse(user, null)),
        ["read", var path] => Read(path),
        ["script", var folder, var script] => FileScript.RunHere(folder, script),
        ["crash", .. var options] => CrashRun.RunProgram(options),
        ["crash-record", var mount, var log, var seed, var lies] => CrashRun.Record(mount, log, ulong.Parse(seed, null), bool.Parse(lies)),
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

    /// <summary>Adds to the number in a file, each time under its lock: a lock that does not exclude loses some.</summary>
    private static int CountLocked(string path, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var file = PosixFile.Open(path, OpenFlags.O_RDWR);
            file.AwaitFlock();
            var number = BitConverter.ToInt32(file.ReadAt(4, 0));
            file.WriteAt(BitConverter.GetBytes(number + 1), 0);
        }
        return 0;
    }

    private static int Append(string path, string line, int times)
    {
        using var file = PosixFile.Open(path, OpenFlags.O_WRONLY | OpenFlags.O_APPEND);
        for (var i = 0; i < times; i++)
            file.Write(Encoding.ASCII.GetBytes(line + "\n"));
        return 0;
    }

    /// <summary>Holds a private map of a file until told to go on, and compares it with the hash of what the file was when it was mapped.</summary>
    private static int Map(string path, string hash)
    {
        using var file = PosixFile.Open(path, OpenFlags.O_RDONLY);
        using var map = new FileMap(file, (int)file.Status().st_size, shared: false, writable: false);
        var first = map.Span[0];
        Console.Out.WriteLine(Ready);
        Console.Out.Flush();
        Console.In.ReadLine();
        Console.Out.WriteLine(map.Span[0] == first && Convert.ToHexString(SHA256.HashData(map.Span)) == hash ? "same" : "changed");
        return 0;
    }

    private static int CopyAs(string from, string to, uint user)
    {
        Become(user);
        using var source = PosixFile.Open(from, OpenFlags.O_RDONLY);
        using var target = PosixFile.Open(to, OpenFlags.O_WRONLY);
        return source.CopyTo(target, 0, 0, 1 << 20) > 0 ? 0 : 1;
    }

    /// <summary>Reads once, although the process catches SIGINT, and says what came of it.</summary>
    private static int Read(string path)
    {
        using var handled = new ManualResetEventSlim();
        using var caught = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            handled.Set();
        });
        using var file = PosixFile.Open(path, OpenFlags.O_RDONLY);
        var error = file.TryReadInto(new byte[100], 0);
        // The read may end before the handler runs: without it the signal would end the process after all.
        if (error == Errno.EINTR)
            handled.Wait();
        return (int)error;
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
