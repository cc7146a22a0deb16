using ZoneTierFS.Engine.Extents;

namespace ZoneTierFS.Engine.Checking;

/// <summary>Blocks of a zone that follow each other.</summary>
internal readonly record struct BlockRun(int Device, int Zone, uint Block, uint Count)
{
    public Location At => new(Device, Zone, Block);

    public uint End => Block + Count;

    /// <summary>The part of the extent that lies in this run; false where none does.</summary>
    public bool TryCut(Extent extent, out Extent part)
    {
        part = default;
        if (extent.At.Device != Device || extent.At.Zone != Zone) return false;
        var (from, to) = (Math.Max(extent.At.Block, Block), Math.Min(extent.At.Block + extent.Count, End));
        if (from >= to) return false;
        part = extent.Slice(extent.FileBlock + (from - extent.At.Block), extent.FileBlock + (to - extent.At.Block));
        return true;
    }
}
