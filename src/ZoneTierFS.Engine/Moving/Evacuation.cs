using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Moving;

/// <summary>
/// Brings live data out of zones that will not keep it: read-only ones, and those in which reads fail. Of an offline zone it restores what has a clean copy,
/// drops the copies that lay in it, and tells what is lost, once. A stream that still has such a zone open leaves it at its next append, which is refused.
/// </summary>
internal sealed class Evacuation(VolumeState state, Cleaner cleaner, Copier copier)
{
    /// <summary>Items of the tree looked at in one critical section.</summary>
    private const int ScanItemsMax = 4096;

    /// <summary>Works on one zone of a device; false where there is none, or where nothing could be moved just now.</summary>
    public async ValueTask<bool> StepAsync(DeviceZones zones, Func<int, ValueTask> pace)
    {
        int zone;
        uint before;
        bool isOffline;
        lock (state.Gate)
        {
            if (!zones.TryFindTrouble(out zone)) return false;
            before = zones[zone].Live;
            isOffline = zones[zone].Health == ZoneHealth.Offline;
            zones[zone].Pins++;
        }
        if (isOffline) await GiveUpAsync(zones, zone, pace);
        else await cleaner.CleanAsync(zones, zone, keepPinned: true, pace);
        uint left;
        bool isDone;
        lock (state.Gate) (left, isDone) = (zones[zone].Live, zones[zone].Live == 0 || zones[zone].Damaged);
        if (isDone) StateLog.Evacuated(state.Log, zones.Tier, zone, left);
        return isDone || left < before;
    }

    private async ValueTask GiveUpAsync(DeviceZones zones, int zone, Func<int, ValueTask> pace)
    {
        try
        {
            var (pieces, from) = (new List<MovePiece>(), new ItemKey(0, 0));
            while (ScanSome(zones, zone, pieces, ref from)) await Task.Yield();
            var restorable = pieces.SelectMany(piece => Settle(piece, $"tier {zones.Tier} zone {zone} is offline")).ToList();
            var (_, isFull) = await copier.CopyAsync(restorable, zones.Index, WriteCause.Moving, pace);
            // Not only where it was: what can be restored anywhere is safe again.
            for (var device = 0; device < state.Zones.Length && isFull; device++)
                if (device != zones.Index) (_, isFull) = await copier.CopyAsync(restorable, device, WriteCause.Moving, pace);
            lock (state.Gate) zones[zone].Damaged = !isFull;
        }
        finally
        {
            lock (state.Gate) zones[zone].Pins--;
        }
    }

    /// <summary>Collects pieces of the zone from the tree's next items; false at its end.</summary>
    private bool ScanSome(DeviceZones zones, int zone, List<MovePiece> pieces, ref ItemKey from)
    {
        lock (state.Gate)
        {
            var scan = state.Tree.Scan(from);
            for (var seen = 0; scan.MoveNext(); seen++)
            {
                from = scan.Key;
                if (seen == ScanItemsMax) return true;
                var kind = ItemKeys.KindOf(scan.Key);
                if (kind is not (ItemKind.Extent or ItemKind.Promoted)) continue;
                foreach (var extent in state.Extents.Runs(scan.Key, scan.Value))
                {
                    if (extent.At.Device == zones.Index && extent.At.Zone == zone) pieces.Add(new MovePiece(ItemKeys.InodeOf(scan.Key), extent, kind, kind));
                }
            }
            return false;
        }
    }

    /// <summary>Drops a copy; of an original, returns what a copy elsewhere can restore, and notes the rest as lost.</summary>
    private List<MovePiece> Settle(MovePiece piece, string problem)
    {
        var (restorable, lost) = (new List<MovePiece>(), new List<Extent>());
        lock (state.Gate)
        {
            if (piece.From == ItemKind.Promoted)
            {
                state.Extents.DropPromoted(piece.Inode, piece.Source.FileBlock, piece.Source.Count);
                state.Journal.EndTransaction();
                return restorable;
            }
            for (var block = piece.Source.FileBlock; block < piece.Source.End;)
            {
                var isCopied = state.Extents.TryFindFrom(ItemKind.Promoted, piece.Inode, block, out var copy) && copy.FileBlock <= block;
                var end = Math.Min(piece.Source.End, isCopied ? copy.End : copy.Count > 0 && copy.FileBlock > block ? copy.FileBlock : ulong.MaxValue);
                if (isCopied) restorable.Add(piece with { Source = piece.Source.Slice(block, end) });
                else lost.Add(piece.Source.Slice(block, end));
                block = end;
            }
        }
        foreach (var part in lost) state.Damage.Note(piece.Inode, part, problem);
        return restorable;
    }
}
