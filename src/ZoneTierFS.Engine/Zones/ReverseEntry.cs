namespace ZoneTierFS.Engine.Zones;

/// <summary>Which file's blocks were appended at a place of a zone. The file may have moved on since: the extent map decides.</summary>
internal readonly record struct ReverseEntry(ulong Inode, ulong FileBlock, uint ZoneBlock, uint Count);
