using System.Runtime.InteropServices;

namespace ZoneTierFS.Linux;

/// <summary>What a process may do, and what others may learn of it. Nothing that is given up here comes back.</summary>
public static class ProcessPrivileges
{
    /// <summary>
    /// Limits the calling thread: programs that it starts as root get no other capabilities than these, and none gains privileges by its file's
    /// set-user-ID bit. The kernel keeps this for each thread by itself, so a thread that only starts a program is the place for it.
    /// </summary>
    /// <returns>EPERM where this process may not limit itself any further (CAP_SETPCAP): who started it has then taken care.</returns>
    public static Errno LimitThread(IReadOnlyCollection<Capability> kept)
    {
        // Numbers end where the kernel knows none: EINVAL.
        for (var number = 0; LibC.prctl(LibC.PR_CAPBSET_READ, (nuint)number, 0, 0, 0) is var held and >= 0; number++)
        {
            if (held == 1 && !kept.Contains((Capability)number) && LibC.prctl(LibC.PR_CAPBSET_DROP, (nuint)number, 0, 0, 0) != 0)
                return LastError();
        }
        return LibC.prctl(LibC.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? Errno.Ok : LastError();
    }

    /// <summary>Whether <see cref="HideMemory"/> is in force.</summary>
    public static bool IsMemoryHidden => LibC.prctl(LibC.PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;

    /// <summary>Keeps this process's memory from core dumps, debuggers and /proc, except for root's.</summary>
    public static Errno HideMemory() => LibC.prctl(LibC.PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? Errno.Ok : LastError();

    /// <summary>Files and directories that this process makes from now on are its user's alone.</summary>
    public static void CreatePrivately() => _ = LibC.umask(0x3F);

    private static Errno LastError() => (Errno)Marshal.GetLastPInvokeError();
}
