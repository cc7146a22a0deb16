using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Extents;

/// <summary>The few blocks that a change touches only in part, with their bytes.</summary>
internal sealed class EdgeBlocks(int max) : IDisposable
{
    private const int BlockSize = DeviceZones.BlockSize;

    private readonly AlignedMemory _memory = new(max * BlockSize);
    private readonly ulong[] _blocks = new ulong[max];

    public int Count { get; private set; }

    public ulong BlockAt(int index) => _blocks[index];

    public Memory<byte> Bytes(int index) => _memory.Memory.Slice(index * BlockSize, BlockSize);

    public int IndexOf(ulong block) => _blocks.AsSpan(0, Count).IndexOf(block);

    /// <summary>Adds the block that a position cuts; none where the position lies between two blocks.</summary>
    public void Add(ulong position)
    {
        var block = position / BlockSize;
        if (position % BlockSize == 0 || IndexOf(block) >= 0) return;
        _blocks[Count++] = block;
    }

    /// <summary>Zeroes what of the blocks lies in [start, end).</summary>
    public void Clear(ulong start, ulong end)
    {
        for (var i = 0; i < Count; i++)
        {
            var first = Math.Max(start, _blocks[i] * BlockSize);
            var last = Math.Min(end, (_blocks[i] + 1) * BlockSize);
            if (first < last) Bytes(i).Span[(int)(first - _blocks[i] * BlockSize)..(int)(last - _blocks[i] * BlockSize)].Clear();
        }
    }

    public void Reset() => Count = 0;

    public void Dispose() => ((IDisposable)_memory).Dispose();
}
