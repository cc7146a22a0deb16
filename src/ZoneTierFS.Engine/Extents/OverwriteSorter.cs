using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Extents;

/// <summary>Tells for waiting blocks whether they replace stored ones, and how soon: so each goes to the stream of its temperature.</summary>
internal sealed class OverwriteSorter(VolumeState state)
{
    /// <summary>Blocks that are looked up at a time under the state lock.</summary>
    private const int BatchBlocks = 256;

    /// <summary>Blocks in a row that are taken to be of one age.</summary>
    private const int AlikeMax = 64;

    /// <summary>Fills in each block's temperature, or -1 for what is new. Returns the set of those that occur, temperature plus one as the bit.</summary>
    public int Sort(ulong inode, int device, IReadOnlyList<HeldBlock> blocks, Span<sbyte> temperatures)
    {
        temperatures[..blocks.Count].Fill(-1);
        if (state.Zones[device].Temperatures.Levels == 0) return 1;
        var occurring = 0;
        for (var from = 0; from < blocks.Count; from += BatchBlocks)
        {
            lock (state.Gate) occurring |= SortBatch(inode, device, blocks, from, Math.Min(from + BatchBlocks, blocks.Count), temperatures);
        }
        return occurring;
    }

    private int SortBatch(ulong inode, int device, IReadOnlyList<HeldBlock> blocks, int from, int end, Span<sbyte> temperatures)
    {
        var (occurring, near, searched, alike) = (0, default(Extent), ulong.MaxValue, 0);
        for (var i = from; i < end; i++)
        {
            var block = blocks[i].Block;
            var isSame = block >= near.FileBlock && block < near.End;
            if (!isSame && !(block >= searched && block < near.FileBlock))
            {
                if (!state.Extents.TryFindFrom(ItemKind.Extent, inode, block, out near)) near = new Extent(ulong.MaxValue, 0, default);
                (searched, isSame, alike) = (block, block >= near.FileBlock, 0);
            }
            if (!isSame || near.At.Device != device) occurring |= 1;
            else
            {
                var follows = alike > 0 && i > from && blocks[i - 1].Block + 1 == block;
                temperatures[i] = follows
                    ? temperatures[i - 1]
                    : (sbyte)state.Zones[device].Temperatures.Next(near.At.Zone, near.At.Block + (uint)(block - near.FileBlock));
                alike = follows ? (alike + 1) % AlikeMax : 1;
                occurring |= 1 << (temperatures[i] + 1);
            }
        }
        return occurring;
    }
}
