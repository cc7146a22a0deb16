namespace ZoneTierFS.Fuse;

/// <summary>Which bytes of one open file are copied where in another; the two may be one file, but not the ranges overlap.</summary>
/// <param name="Length">Bytes at most; both offsets stay below 2^63 with it.</param>
public readonly record struct FuseCopyRange(
    ulong SourceInode, ulong SourceHandle, long SourceOffset, ulong TargetInode, ulong TargetHandle, long TargetOffset, long Length);
