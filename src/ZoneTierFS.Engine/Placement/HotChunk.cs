namespace ZoneTierFS.Engine.Placement;

/// <summary>A chunk of a file and its heat. The chunk begins at <paramref name="Chunk"/> × <see cref="HeatTable.ChunkBytes"/>.</summary>
internal readonly record struct HotChunk(ulong Inode, long Chunk, HeatSample Heat);
