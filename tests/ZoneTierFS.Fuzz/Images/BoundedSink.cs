using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Takes so many entries of a directory, and no more.</summary>
internal sealed class BoundedSink(int entriesMax) : IDirectorySink
{
    private readonly List<(byte[] Name, ulong Inode)> _entries = [];

    /// <summary>Without "." and "..".</summary>
    public IReadOnlyList<(byte[] Name, ulong Inode)> Entries => _entries;

    public bool TryAdd(ReadOnlySpan<byte> name, ulong nextCookie, in FileStatus status)
    {
        if (_entries.Count == entriesMax)
            return false;
        if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            _entries.Add((name.ToArray(), status.Inode));
        return true;
    }
}
