using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Engine;

/// <summary>One open of a file.</summary>
/// <param name="notesAccess">Reading counts as an access.</param>
internal sealed class OpenFile(Inode inode, bool canWrite, bool notesAccess)
{
    public Inode Inode { get; } = inode;

    public bool CanWrite { get; } = canWrite;

    public bool NotesAccess { get; } = notesAccess;

    /// <summary>
    /// Of <see cref="Inode.WriteFailures"/>, those that this open need not be told any more. One that nobody was told of waits for the next who opens.
    /// Under the state lock, from the first on.
    /// </summary>
    public int KnownFailures { get; set; } = inode.IsFailureTold ? inode.WriteFailures : inode.WriteFailures - 1;

    /// <summary>It was told that the whole volume has failed. Under the state lock.</summary>
    public bool KnowsVolumeFailure { get; set; }

    /// <summary>How it is read.</summary>
    public ReadStream Stream { get; } = new();
}
