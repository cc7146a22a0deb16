namespace ZoneTierFS.Engine;

/// <summary>What statfs reports, in blocks of 4096 bytes.</summary>
public readonly record struct SpaceUsage(ulong TotalBlocks, ulong FreeBlocks, ulong Files);
