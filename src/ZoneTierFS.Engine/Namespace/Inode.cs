using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>
/// An inode in use: open, with unwritten data, or just being changed. What is stored stays in its record; here is what has not reached it yet.
/// </summary>
internal sealed class Inode(ulong number)
{
    public ulong Number { get; } = number;

    /// <summary>Shared for reading bytes, exclusive for changing bytes or where they lie.</summary>
    public AsyncLock Lock { get; } = new(LockRank.InodeOrStream);

    /// <summary>One write-back at a time, so that an older one never lands on a newer one. Taken before <see cref="Lock"/>.</summary>
    public AsyncLock WriteBackTurn { get; } = new(LockRank.WriteBackTurn);

    // ---- under the state lock ----

    public int References { get; set; }
    public int OpenCount { get; set; }
    public int WriterCount { get; set; }

    /// <summary>No name is left: when the last reference goes, the inode is deleted.</summary>
    public bool Unlinked { get; set; }

    /// <summary>Its record and extents are gone; only the write-back queue still knows it.</summary>
    public bool Deleted { get; set; }

    /// <summary>Waits in the queue of dirty inodes, which counts as one of <see cref="References"/>.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Waits in the queue of inodes with enough for a large append, which counts as one of <see cref="References"/>, too.</summary>
    public bool IsEager { get; set; }

    /// <summary>Written since it was opened: to be classified and perhaps sealed at the last close.</summary>
    public bool WasWritten { get; set; }

    /// <summary>Set-ID bits or a capability may have to go with the next change of its bytes; false spares looking for them.</summary>
    public bool MayHavePrivileges { get; set; } = true;

    /// <summary>The <see cref="MetadataItems.InodeChanges"/> at which its access time was last found new enough; 0 after a write.</summary>
    public ulong AccessSeen { get; set; }

    /// <summary>While it has a temporary name: the class that it is expected to have when it is finished.</summary>
    public FileClass? Becomes { get; set; }

    // ---- changed under Lock exclusive and the state lock, read under either ----

    /// <summary>No byte may be changed any more, nor the size.</summary>
    public bool IsImmutable { get; set; }

    /// <summary>The size as programs see it, which may be ahead of the record's.</summary>
    public ulong Size { get; set; }

    /// <summary>Newer than the record's, when <see cref="IsDirty"/>.</summary>
    public long ModifyTime { get; set; }

    /// <summary>Size or time here are newer than the record's.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Written blocks that wait, and those that a write-back is just storing.</summary>
    public WriteBuffer? Dirty { get; set; }
    public WriteBuffer? Flushing { get; set; }

    /// <summary>When the oldest waiting byte was written, nanoseconds since the Unix epoch.</summary>
    public long DirtySince { get; set; }

    /// <summary>Write-backs that failed. Every open file is told of each once, by fsync or close, whoever else was told.</summary>
    public int WriteFailures { get; private set; }

    /// <summary>The error of the last of them.</summary>
    public Errno WriteError { get; private set; }

    /// <summary>Some open file was told of the last failure, or there was none.</summary>
    public bool IsFailureTold { get; set; } = true;

    /// <summary>The journal's batch with the newest size and extents: until it is durable, a failure of the volume loses them.</summary>
    public ulong StoredInBatch { get; set; }

    public void NoteWriteFailure(Errno error)
    {
        WriteFailures++;
        WriteError = error;
        IsFailureTold = false;
    }
}
