using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Journal;

/// <summary>What one checkpoint writes: the pages that were dirty in one moment, and the numbers that go with them.</summary>
internal sealed class CheckpointSnapshot
{
    /// <summary>The batch up to which the pages hold everything.</summary>
    public required ulong Sequence { get; init; }
    public required ulong NextInode { get; init; }
    public required uint TreeRoot { get; init; }
    public required long TreeItems { get; init; }
    public required uint TreePages { get; init; }
    public required List<uint> TreeIds { get; init; }
    public required List<uint> ChecksumIds { get; init; }

    /// <summary>For each copy, where the pages of the tree and then those of checksums were appended.</summary>
    public required PageAddress[][] Places { get; init; }

    /// <summary>The tables name the new places.</summary>
    public bool IsEntered { get; set; }

    public int PageCount => TreeIds.Count + ChecksumIds.Count;
}
