using System.Text;

namespace ZoneTierFS.Cli.Mounting;

/// <summary>The kernel's table of mounts, as this process sees it.</summary>
internal static class MountTable
{
    /// <summary>What the table shows as the type of our mounts.</summary>
    public const string OurType = "fuse.ztfs";

    public static IReadOnlyList<MountEntry> Read() => Parse(File.ReadAllLines("/proc/self/mountinfo"));

    /// <param name="lines">Lines as in proc(5), mountinfo: six fields, optional ones, "-", type, source, options.</param>
    public static IReadOnlyList<MountEntry> Parse(IEnumerable<string> lines)
    {
        var entries = new List<MountEntry>();
        foreach (var fields in lines.Select(line => line.Split(' ')))
        {
            var separator = Array.IndexOf(fields, "-");
            if (separator >= 6 && fields.Length > separator + 2)
                entries.Add(new MountEntry(Unescape(fields[4]), Unescape(fields[separator + 1]), Unescape(fields[separator + 2])));
        }
        return entries;
    }

    /// <summary>What is mounted at a path: the topmost where there are several, null where there is nothing.</summary>
    public static MountEntry? At(this IReadOnlyList<MountEntry> table, string path) => table.LastOrDefault(entry => entry.Target == path);

    /// <summary>The kernel writes blanks, tabs, line ends and backslashes as a backslash and three octal digits of one byte.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
            return field;
        var from = Encoding.UTF8.GetBytes(field);
        var to = new List<byte>(from.Length);
        for (var i = 0; i < from.Length; i++)
        {
            var isEscape = from[i] == '\\' && i + 3 < from.Length && from.AsSpan(i + 1, 3).IndexOfAnyExceptInRange((byte)'0', (byte)'7') < 0;
            to.Add(isEscape ? (byte)((from[i + 1] - '0') * 64 + (from[i + 2] - '0') * 8 + (from[i + 3] - '0')) : from[i]);
            i += isEscape ? 3 : 0;
        }
        return Encoding.UTF8.GetString([.. to]);
    }
}
