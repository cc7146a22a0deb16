using System.Runtime.InteropServices;

namespace ZoneTierFS.Linux;

public static unsafe partial class LibC
{
    internal const int PR_GET_DUMPABLE = 3;
    internal const int PR_SET_DUMPABLE = 4;
    internal const int PR_CAPBSET_READ = 23;
    internal const int PR_CAPBSET_DROP = 24;
    internal const int PR_SET_NO_NEW_PRIVS = 38;

    /// <summary>Takes and gives numbers only in the uses made of it here.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc")]
    internal static partial uint umask(uint mask);
}
