using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Moving;

/// <summary>Says what should happen to a file, from its pin, class, place and heat. Everything wants the state lock.</summary>
internal sealed class MovePlanner(VolumeState state)
{
    /// <summary>
    /// Share of live bytes of the fast tier below which files that had to go elsewhere come back; well below where it demotes, so that nothing goes to and fro.
    /// </summary>
    private const double RelocateBelow = 0.6;

    /// <summary>Bytes of a file by device as authority, and those that have a clean copy.</summary>
    public (long[] Authority, long Promoted) Measure(ulong inode)
    {
        var authority = new long[state.Zones.Length];
        foreach (var extent in Extents(inode, ItemKind.Extent)) authority[extent.At.Device] += (long)extent.Count * DeviceZones.BlockSize;
        return (authority, Extents(inode, ItemKind.Promoted).Sum(extent => (long)extent.Count * DeviceZones.BlockSize));
    }

    /// <summary>All extents of a layer, as they are now.</summary>
    public List<Extent> Extents(ulong inode, ItemKind layer)
    {
        var list = new List<Extent>();
        var scan = state.Tree.Scan(ItemKeys.Of(inode, layer));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, layer).High)
        {
            foreach (var extent in state.Extents.Runs(scan.Key, scan.Value)) list.Add(extent);
        }
        return list;
    }

    public MoveDecision Decide(ulong inode, in InodeRecord record)
    {
        if (!FileMode.IsRegular(record.Mode)) return MoveDecision.Stay("only regular files have bytes to move");
        var (authority, promoted) = Measure(inode);
        if (state.Inodes.TryGet(inode, out var active) && (active.WriterCount > 0 || active.IsDirty))
            return new MoveDecision(MoveAction.Wait, 0, "it is being written; it is looked at again when that is done");
        var slow = authority.Skip(1).Sum();
        if (record.Pin > 0) return DecidePinned(record.Pin - 1, authority, slow, promoted);
        var home = state.Placer.Home(record.Class, record.Size);
        if (state.MoveRequests.IsWarm(inode) && slow > promoted) return Promotion("it was asked to be warm");
        if (authority.Sum() is 0) return MoveDecision.Stay("it has no bytes on media");
        if (authority.Where((bytes, device) => device != home && bytes > 0).Any())
            return home == 0 && !(HasRoom(0) && state.Space.Fill(0) < RelocateBelow)
                ? MoveDecision.Stay($"it belongs on {Tier(0)}, which is full")
                : new MoveDecision(MoveAction.Relocate, home, $"its class belongs on {Tier(home)}");
        if (promoted > 0) return MoveDecision.Stay($"it is where it belongs, with a clean copy on {Tier(0)} that is dropped when room is needed");
        return MoveDecision.Stay(home == 0 ? "it is where it belongs" : "it is where it belongs; chunks that are read again and again are promoted");
    }

    private MoveDecision DecidePinned(int pin, long[] authority, long slow, long promoted)
    {
        if (pin == 0)
        {
            if (slow <= promoted) return MoveDecision.Stay($"it is pinned to {Tier(0)} and is there");
            return Promotion($"it is pinned to {Tier(0)}");
        }
        if (authority.Where((bytes, device) => device != pin && bytes > 0).Any())
            return new MoveDecision(MoveAction.Relocate, pin, $"it is pinned to {Tier(pin)}");
        return MoveDecision.Stay($"it is pinned to {Tier(pin)} and is there");
    }

    private MoveDecision Promotion(string why) => HasRoom(0) && PromotedRoom() > 0
        ? new MoveDecision(MoveAction.Promote, 0, why)
        : MoveDecision.Stay($"{why}, but {Tier(0)} has no room left for copies");

    /// <summary>Blocks that clean copies may still take on the fast tier.</summary>
    public long PromotedRoom() =>
        (long)(state.Options.PromotedFractionMax * state.Zones[0].Count * state.Zones[0].CapacityBlocks) - state.Zones[0].PromotedBlocks;

    /// <summary>The device has zones to give beyond what users and cleaning need.</summary>
    public bool HasRoom(int device) => state.Zones[device].FreeCount > state.Zones[device].KeepFree(ZonePurpose.User);

    /// <summary>The blocks of a range that a promotion or relocation to a device would copy.</summary>
    public List<MovePiece> Pieces(ulong inode, MoveDecision decision, ulong from, ulong end)
    {
        var pieces = new List<MovePiece>();
        for (var block = from; block < end && state.Extents.TryFindFrom(ItemKind.Extent, inode, block, out var extent) && extent.FileBlock < end;)
        {
            var part = extent.Slice(Math.Max(block, extent.FileBlock), Math.Min(end, extent.End));
            block = part.End;
            if (part.At.Device == decision.Device) continue;
            if (decision.Action == MoveAction.Relocate) pieces.Add(new MovePiece(inode, part, ItemKind.Extent, ItemKind.Extent));
            else AddUncopied(pieces, inode, part);
        }
        return pieces;
    }

    private void AddUncopied(List<MovePiece> pieces, ulong inode, Extent part)
    {
        for (var block = part.FileBlock; block < part.End;)
        {
            var stop = part.End;
            if (state.Extents.TryFindFrom(ItemKind.Promoted, inode, block, out var copy) && copy.FileBlock < stop)
            {
                if (copy.FileBlock <= block)
                {
                    block = Math.Min(copy.End, part.End);
                    continue;
                }
                stop = copy.FileBlock;
            }
            pieces.Add(new MovePiece(inode, part.Slice(block, stop), ItemKind.Extent, ItemKind.Promoted));
            block = stop;
        }
    }

    private string Tier(int device) => state.Zones[device].Tier;
}
