using System.Diagnostics;
using System.Globalization;
using Mono.Unix.Native;
using ZoneTierFS.Cli.Commands;
using ZoneTierFS.Linux;
using Errno = ZoneTierFS.Linux.Errno;

namespace ZoneTierFS.Cli.Mounting;

/// <summary>
/// Starts `ztfs` once more as a process of its own, which stays when the caller returns. The child says "ready" on its output and then lets go of it;
/// a child that cannot start says why and ends, as any command does.
/// </summary>
internal static class Daemon
{
    /// <summary>The hidden option that makes a process the child.</summary>
    public const string Option = "--daemon";

    private const string Ready = "ready";

    /// <summary>What a daemon of root keeps: mounting, and images that belong to others. It never loads modules, traces processes or changes users.</summary>
    private static readonly Capability[] s_kept = [Capability.CAP_SYS_ADMIN, Capability.CAP_DAC_OVERRIDE];

    /// <param name="arguments">The child's command line, <see cref="Option"/> among them.</param>
    /// <returns>The child's process number, once it is ready.</returns>
    public static async Task<int> StartAsync(IEnumerable<string> arguments, CommandHost host, CancellationToken ct)
    {
        CloseOnExec();
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // A daemon that stood in some directory would keep that filesystem busy.
            WorkingDirectory = "/",
        };
        foreach (var argument in OwnAssembly().Concat(arguments))
            start.ArgumentList.Add(argument);
        using var child = await StartLimitedAsync(start);
        child.StandardInput.Close();
        // The child has a session of its own, so a Ctrl-C here does not reach it by itself.
        using var interrupt = ct.Register(() => Syscall.kill(child.Id, Signum.SIGTERM));
        var error = child.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = await child.StandardOutput.ReadLineAsync(CancellationToken.None);
        if (output == Ready)
            return child.Id;
        await child.WaitForExitAsync(CancellationToken.None);
        throw new DaemonException(child.ExitCode, output is null ? "" : output + Environment.NewLine, await error);
    }

    /// <summary>In the child, first of all: leaves the caller's session, so that a closing terminal does not end it.</summary>
    public static void LeaveSession() => _ = Syscall.setsid();

    /// <summary>In whatever process serves a mount: its memory holds the bytes of users' files, and so may its images and its log.</summary>
    public static void KeepPrivate()
    {
        ProcessPrivileges.CreatePrivately();
        if (ProcessPrivileges.HideMemory() is var error && error != Errno.Ok)
            throw new InvalidOperationException($"The process cannot be kept from core dumps: {error}.");
    }

    /// <summary>In the child: tells the caller that all is well and lets go of it.</summary>
    public static void ReportReady()
    {
        Console.Out.WriteLine(Ready);
        Console.Out.Flush();
        var nothing = Syscall.open("/dev/null", OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC);
        for (var descriptor = 0; descriptor <= 2; descriptor++)
            _ = Syscall.dup2(nothing, descriptor);
        _ = Syscall.close(nothing);
    }

    /// <summary>Waits until a process is gone, also when it is no child of this one.</summary>
    /// <returns>False when it is still there after the limit.</returns>
    public static async Task<bool> WaitForExitAsync(int process, TimeSpan limit, CancellationToken ct)
    {
        var begin = TimeProvider.System.GetTimestamp();
        var birth = Birth(process);
        while (birth is not null && Birth(process) == birth)
        {
            if (TimeProvider.System.GetElapsedTime(begin) > limit)
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(20), ct);
        }
        return true;
    }

    /// <summary>When a process started, in the kernel's clock ticks: tells it from a later one of the same number. Null when it has ended.</summary>
    private static ulong? Birth(int process)
    {
        try
        {
            // proc(5): the name, in parentheses, may hold blanks; the state is the first field after it, the start time the 20th.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : ulong.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>
    /// A thread of its own starts the child, because limits are a thread's, and the child inherits its thread's. A user's daemon keeps the right to run
    /// fusermount3, which has to gain privileges; there is nothing else to take from it.
    /// </summary>
    private static Task<Process> StartLimitedAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                if (KernelMounts.IsRoot && ProcessPrivileges.LimitThread(s_kept) is var error && error is not (Errno.Ok or Errno.EPERM))
                    throw new InvalidOperationException($"The daemon's privileges cannot be limited: {error}.");
                started.SetResult(Process.Start(start) ?? throw new InvalidOperationException("The child process was not started."));
            }
            catch (Exception failure)
            {
                // Top of a thread: the failure goes to whoever awaits the child instead of killing the process here.
                started.SetException(failure);
            }
        }).Start();
        return started.Task;
    }

    /// <summary>Files that the caller's caller left open must not stay open for as long as the daemon runs.</summary>
    private static void CloseOnExec()
    {
        const long FD_CLOEXEC = 1;
        foreach (var entry in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            var descriptor = int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture);
            if (descriptor > 2)
                _ = Syscall.fcntl(descriptor, FcntlCommand.F_SETFD, FD_CLOEXEC);
        }
    }

    /// <summary>The program's file, where a general host runs it (dotnet ztfs.dll).</summary>
    private static IEnumerable<string> OwnAssembly() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Path.GetFullPath(Environment.GetCommandLineArgs()[0])] : [];
}
