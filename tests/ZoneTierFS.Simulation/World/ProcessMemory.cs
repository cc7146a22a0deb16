using System.Runtime.InteropServices;

namespace ZoneTierFS.Simulation;

/// <summary>
/// Settings of this process's memory. Volumes are opened and dropped thousands of times a minute: each would have the kernel clear large pages of which it
/// needs a few kilobytes, and would give memory back that the next one asks for again.
/// </summary>
internal static partial class ProcessMemory
{
    private const int PR_SET_THP_DISABLE = 41;
    private const int M_TRIM_THRESHOLD = -1;
    private const int M_MMAP_THRESHOLD = -3;
    private const int KeptBytes = 256 << 20;

    /// <summary>Small pages only, and freed memory is kept. Where the system refuses, everything works, only slower.</summary>
    public static void SuitManyVolumes()
    {
        _ = PrCtl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
        _ = MallOpt(M_TRIM_THRESHOLD, KeptBytes);
        _ = MallOpt(M_MMAP_THRESHOLD, 32 << 20);
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int PrCtl(int option, nuint value, nuint second, nuint third, nuint fourth);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);
}
