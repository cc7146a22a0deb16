namespace ZoneTierFS.Engine.Extents;

/// <summary>A block of a file and its place in the pool; blocks at consecutive places lie one behind the other.</summary>
internal readonly record struct HeldBlock(int Place, ulong Block);
