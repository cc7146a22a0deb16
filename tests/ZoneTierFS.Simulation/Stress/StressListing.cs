using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation.Stress;

/// <summary>A directory, read at once.</summary>
internal sealed class StressListing : IDirectorySink
{
    private readonly List<StressEntry> _entries = [];

    public static IReadOnlyList<StressEntry> Of(Volume volume, ulong directory)
    {
        var listing = new StressListing();
        Errno error = volume.ReadDirectory(directory, 0, listing);
        return error == Errno.Ok ? listing._entries : throw new StressException($"a directory cannot be read: {error}");
    }

    public bool TryAdd(ReadOnlySpan<byte> name, ulong nextCookie, in FileStatus status)
    {
        if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
        {
            _entries.Add(new StressEntry(name.ToArray(), status.Inode, Linux.FileMode.IsDirectory(status.Mode)));
        }
        return true;
    }
}

/// <summary>One entry as it was listed.</summary>
internal readonly record struct StressEntry(ReadOnlyMemory<byte> Name, ulong Inode, bool IsDirectory);
