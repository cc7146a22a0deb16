using System.Text;

namespace ZoneTierFS.Fuse;

/// <summary>The kernel's list of mounts. Reading it never touches a mounted filesystem, which a server must not do to its own.</summary>
internal static class MountTable
{
    private const string TablePath = "/proc/self/mountinfo";

    /// <summary>"major:minor" of what is mounted on top at a directory; null where it is no mountpoint.</summary>
    /// <param name="directory">Without symbolic links.</param>
    public static string? FindDevice(string directory) => FindDevice(File.ReadLines(TablePath), directory);

    /// <summary>The line's fields: mount id, parent id, major:minor, root, mountpoint, and more.</summary>
    internal static string? FindDevice(IEnumerable<string> lines, string directory)
    {
        string? device = null;
        foreach (var line in lines)
        {
            var fields = line.Split(' ', 6);
            if (fields.Length == 6 && Unescape(fields[4]) == directory)
                device = fields[2];
        }
        return device;
    }

    /// <summary>The kernel writes space, tab, line feed and backslash as a backslash and three octal digits.</summary>
    private static string Unescape(string path)
    {
        if (!path.Contains('\\', StringComparison.Ordinal))
            return path;
        var plain = new StringBuilder(path.Length);
        for (var at = 0; at < path.Length; at++)
        {
            if (path[at] == '\\' && at + 3 < path.Length)
            {
                plain.Append((char)Convert.ToInt32(path.Substring(at + 1, 3), 8));
                at += 3;
            }
            else
            {
                plain.Append(path[at]);
            }
        }
        return plain.ToString();
    }
}
