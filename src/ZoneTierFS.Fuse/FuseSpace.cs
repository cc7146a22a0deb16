namespace ZoneTierFS.Fuse;

/// <summary>What statfs reports, in blocks of 4096 bytes.</summary>
public readonly record struct FuseSpace(ulong TotalBlocks, ulong FreeBlocks, ulong AvailableBlocks, ulong Files, ulong FreeFiles, uint NameBytesMax);
