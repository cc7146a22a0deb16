namespace ZoneTierFS.Engine.Namespace;

/// <summary>A set of inode numbers, a bit each where they are dense. Numbers from a damaged volume may lie anywhere, and cost 512 bytes each.</summary>
internal sealed class InodeSet
{
    private const int ChunkBits = 12;
    private const int ChunkWords = 1 << ChunkBits - 6;

    private readonly Dictionary<ulong, ulong[]> _chunks = [];
    private ulong _lastIndex = ulong.MaxValue;
    private ulong[] _last = [];

    public void Add(ulong inode) => Chunk(inode >> ChunkBits)[(int)(inode >> 6) & ChunkWords - 1] |= 1ul << (int)inode;

    public bool Contains(ulong inode) =>
        _chunks.TryGetValue(inode >> ChunkBits, out var chunk) && (chunk[(int)(inode >> 6) & ChunkWords - 1] >> (int)inode & 1) != 0;

    /// <summary>The members that are not in another set.</summary>
    public IEnumerable<ulong> Except(InodeSet other)
    {
        foreach (var (index, chunk) in _chunks)
        {
            var others = other._chunks.GetValueOrDefault(index);
            for (var word = 0; word < ChunkWords; word++)
            {
                for (var rest = chunk[word] & ~(others?[word] ?? 0); rest != 0; rest &= rest - 1)
                    yield return (index << ChunkBits) + (ulong)(word * 64) + (ulong)System.Numerics.BitOperations.TrailingZeroCount(rest);
            }
        }
    }

    private ulong[] Chunk(ulong index)
    {
        if (index == _lastIndex) return _last;
        if (!_chunks.TryGetValue(index, out var chunk)) _chunks[index] = chunk = new ulong[ChunkWords];
        (_lastIndex, _last) = (index, chunk);
        return chunk;
    }
}
