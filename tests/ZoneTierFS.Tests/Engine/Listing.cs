using System.Text;
using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Reads directories, at most so many entries at a call.</summary>
internal sealed class Listing(int entriesMax) : IDirectorySink
{
    public List<ListedEntry> Entries { get; } = [];

    public bool TryAdd(ReadOnlySpan<byte> name, ulong nextCookie, in FileStatus status)
    {
        if (Entries.Count == entriesMax) return false;
        Entries.Add(new ListedEntry(Encoding.UTF8.GetString(name), nextCookie, status.Inode, status.Mode));
        return true;
    }

    /// <summary>All entries, in calls of a few each; between two calls something may happen.</summary>
    public static List<ListedEntry> Read(Volume volume, ulong directory, int perCall = 1000, Action? between = null)
    {
        var all = new List<ListedEntry>();
        while (true)
        {
            var part = new Listing(perCall);
            Assert.Equal(Errno.Ok, volume.ReadDirectory(directory, all.Count == 0 ? 0 : all[^1].NextCookie, part));
            if (part.Entries.Count == 0) return all;
            all.AddRange(part.Entries);
            between?.Invoke();
        }
    }
}

/// <summary>One entry as it was listed.</summary>
internal sealed record ListedEntry(string Name, ulong NextCookie, ulong Inode, uint Mode);
