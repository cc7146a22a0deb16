using System.Text;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>Takes a limited number of directory entries, as a kernel's buffer does.</summary>
internal sealed class DirectoryPage(int entriesMax) : IDirectorySink
{
    public List<(string Name, ulong Inode, uint Mode)> Entries { get; } = [];

    public ulong NextCookie { get; private set; }

    /// <summary>Cleared for another page from the same directory.</summary>
    public int Taken { get; set; }

    public bool TryAdd(ReadOnlySpan<byte> name, ulong nextCookie, in FileStatus status)
    {
        if (Taken == entriesMax)
        {
            return false;
        }

        Taken++;
        NextCookie = nextCookie;
        Entries.Add((Encoding.UTF8.GetString(name), status.Inode, status.Mode));
        return true;
    }
}
