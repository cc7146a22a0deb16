using System.Globalization;

namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>The process that serves a mount, seen through /proc.</summary>
internal sealed class DaemonProcess(int id)
{
    private const double TicksPerSecond = 100;

    // Fields of /proc/PID/stat, counted from the one after the program's name.
    private const int UserTicksField = 11;
    private const int SystemTicksField = 12;

    /// <summary>Processor time since the process began, seconds.</summary>
    public (double User, double System) CpuSeconds()
    {
        string stat = File.ReadAllText($"/proc/{id}/stat");
        // The name is in parentheses and may hold spaces and parentheses itself.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Ticks(fields[UserTicksField]), Ticks(fields[SystemTicksField]));

        static double Ticks(string field) => long.Parse(field, CultureInfo.InvariantCulture) / TicksPerSecond;
    }

    /// <summary>Resident memory, bytes.</summary>
    public long ResidentBytes()
    {
        string line = File.ReadLines($"/proc/{id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
