using System.Globalization;
using Mono.Unix.Native;

namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>The machine as a whole: its caches and what its processors did.</summary>
internal static class Machine
{
    private const double TicksPerSecond = 100;

    /// <summary>
    /// Seconds that all processors together spent in programs, and that a hypervisor took away, since the start. Kernel time is left out: the threads of a
    /// loop device or a disk belong to the measured work, and nothing tells whose they are.
    /// </summary>
    public static double ProgramSeconds()
    {
        string[] fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        (int user, int nice, int steal) = (1, 2, 8);
        return (Ticks(user) + Ticks(nice) + Ticks(steal)) / TicksPerSecond;

        double Ticks(int field) => long.Parse(fields[field], CultureInfo.InvariantCulture);
    }

    /// <summary>Empties the whole page cache, and forgets names and attributes; needs root.</summary>
    public static void DropCaches() => Drop("3");

    /// <summary>Forgets names and attributes; needs root.</summary>
    public static void DropNames() => Drop("2");

    private static void Drop(string what)
    {
        // Only clean pages can be dropped, and only the inodes of files without dirty ones.
        _ = Syscall.sync();
        File.WriteAllText("/proc/sys/vm/drop_caches", what);
    }
}
