using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Moving;

/// <summary>
/// Empties zones that are partly dead: what is live is copied out (to the tier where its class belongs, so cleaning demotes, too), clean copies are dropped,
/// and the zone is reset when that is durable.
/// </summary>
internal sealed class Cleaner(VolumeState state, Copier copier, PromotionHistory history)
{
    /// <summary>Share of live bytes from which cleaning a tier demotes what is cold instead of keeping it.</summary>
    private const double DemoteAbove = 0.8;

    /// <summary>Cleans the best victim of a device. False when there is none worth it.</summary>
    public async ValueTask<bool> CleanOneAsync(DeviceZones zones, CleaningPace urgency, Func<int, ValueTask> pace)
    {
        int victim;
        var (keepPinned, ranFull) = (true, false);
        lock (state.Gate)
        {
            victim = ChooseVictim(zones, urgency, keepPinned);
            // Only before writers are turned away do the copies of pinned files go: their originals lie elsewhere, the new data does not.
            if (victim < 0 && urgency == CleaningPace.Boosted) victim = ChooseVictim(zones, urgency, keepPinned = false);
            if (victim < 0) return false;
            zones[victim].Pins++;
        }
        using var doing = state.Activities.Enter(Activity.Cleaning);
        try
        {
            var pieces = FindPieces(zones, victim, await ReadReverseAsync(zones, victim), keepPinned);
            if (pieces.Any(piece => piece.From == ItemKind.Promoted) && MarkPinned(zones, victim)) return true;
            foreach (var group in pieces.GroupBy(piece => DestinationOf(piece, zones.Index)).ToArray())
            {
                var (bytes, isFull) = await copier.CopyAsync(group, group.Key, pace);
                if (group.Key > zones.Index) state.Counters.DemotedBytes += bytes;
                else state.Counters.CleanedBytes += bytes;
                ranFull |= isFull && group.Key == zones.Index;
                if (!isFull || group.Key == zones.Index) continue;
                // The tier where it belongs is full: what is left stays on this one.
                (bytes, isFull) = await copier.CopyAsync(FindPieces(zones, victim, entries: null, keepPinned), zones.Index, pace);
                state.Counters.CleanedBytes += bytes;
                ranFull |= isFull;
            }
        }
        finally
        {
            lock (state.Gate) zones[victim].Pins--;
        }
        bool isEmpty;
        lock (state.Gate)
        {
            isEmpty = zones[victim].Live == 0;
            // What is left although there was room cannot be read: choosing the zone again would bring nothing.
            if (!isEmpty && !ranFull) zones[victim].Damaged = true;
        }
        await state.Reclaimer.ResetDeadAsync(zones);
        return isEmpty;
    }

    /// <summary>True when it was not known before: the zone's worth is then another, and a better victim may be found.</summary>
    private bool MarkPinned(DeviceZones zones, int zone)
    {
        lock (state.Gate)
        {
            var isNews = !zones[zone].HasPinned;
            zones[zone].HasPinned = true;
            return isNews;
        }
    }

    private int ChooseVictim(DeviceZones zones, CleaningPace urgency, bool keepPinned)
    {
        var candidates = new List<ZoneFacts>();
        for (var zone = DeviceZones.SuperblockZones; zone < zones.Count; zone++)
        {
            ref var info = ref zones[zone];
            if (info is not { Use: ZoneUse.Full, Damaged: false, Pins: 0 } || info.Live == 0) continue;
            // Copying a zone that is full but for its footer gains nothing, and could go on for ever.
            var live = keepPinned && info.HasPinned ? info.Live : info.Live - info.Promoted;
            if (live >= zones.DataBlocks) continue;
            candidates.Add(new ZoneFacts(zone, live, zones.CapacityBlocks, Math.Max(0, state.Now - info.LastWrite)));
        }
        var best = VictimPolicy.Choose(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(candidates), urgency);
        return best < 0 ? -1 : candidates[best].Zone;
    }

    private int DestinationOf(MovePiece piece, int device)
    {
        lock (state.Gate)
        {
            if (piece.From == ItemKind.Promoted || !state.Items.TryGetInode(piece.Inode, out var record)) return device;
            if (record.Pin > 0) return record.Pin - 1;
            var home = Math.Max(device, state.Placer.Home(record.Class, record.Size));
            if (home > device || record.Class is FileClass.Kv or FileClass.Optimizer or FileClass.Scratch) return home;
            // Cold bytes of a nearly full tier go down: keeping them would mean copying them again and again.
            return device + 1 < state.Zones.Length && state.Space.Fill(device) > DemoteAbove && state.Space.Fill(device + 1) < Placer.SpillAbove
                ? device + 1
                : device;
        }
    }

    /// <summary>The footer's entries, or null where the zone has none that can be read.</summary>
    private async ValueTask<IReadOnlyList<ReverseEntry>?> ReadReverseAsync(DeviceZones zones, int zone)
    {
        uint written;
        lock (state.Gate)
        {
            if (zones.Reverse(zone) is { Count: > 0 } known) return [.. known];
            written = zones[zone].Written;
        }
        if (written == 0) return null;
        try
        {
            using var last = new AlignedMemory(DeviceZones.BlockSize);
            await zones.Device.ReadAsync(At(zone, written - 1), last.Memory, CancellationToken.None);
            var blocks = ZoneFooter.BlocksOf(last.GetSpan(), zone);
            if (blocks == 0 || blocks > written) return null;
            using var footer = new AlignedMemory(blocks * DeviceZones.BlockSize);
            await zones.Device.ReadAsync(At(zone, written - (uint)blocks), footer.Memory, CancellationToken.None);
            return ZoneFooter.TryRead(footer.GetSpan());
        }
        catch (DeviceException failure)
        {
            StateLog.OperationFailed(state.Log, $"Footer of tier {zones.Tier} zone {zone}", failure.Message);
            return null;
        }
    }

    private static ZoneAddress At(int zone, uint block) => new(new ZoneId(zone), (long)block * DeviceZones.BlockSize);

    /// <summary>What must be copied out of the zone, by file and position; drops clean copies, but keeps those of pinned files where asked.</summary>
    private List<MovePiece> FindPieces(DeviceZones zones, int zone, IReadOnlyList<ReverseEntry>? entries, bool keepPinned)
    {
        lock (state.Gate)
        {
            var pieces = new List<MovePiece>();
            if (entries is not null)
            {
                foreach (var entry in entries)
                {
                    Find(pieces, zones, zone, entry, ItemKind.Extent);
                    Find(pieces, zones, zone, entry, ItemKind.Promoted);
                }
            }
            DropCopies(pieces, keepPinned);
            if (pieces.Sum(piece => piece.Source.Count) < zones[zone].Live) pieces = Scan(zones, zone, keepPinned);
            state.Journal.EndTransaction();
            pieces.Sort((a, b) => (a.Inode, a.Source.FileBlock).CompareTo((b.Inode, b.Source.FileBlock)));
            return pieces;
        }
    }

    /// <summary>
    /// What is still mapped just where the entry says. A zone may hold a block of a file twice, an old one and the current one: only its own entry finds it, or
    /// it would be copied twice, and the second copy would be dead on arrival.
    /// </summary>
    private void Find(List<MovePiece> pieces, DeviceZones zones, int zone, ReverseEntry entry, ItemKind layer)
    {
        var end = entry.FileBlock + entry.Count;
        for (var from = entry.FileBlock; from < end && state.Extents.TryFindFrom(layer, entry.Inode, from, out var extent) && extent.FileBlock < end;)
        {
            var part = extent.Slice(Math.Max(from, extent.FileBlock), Math.Min(end, extent.End));
            var place = new Location(zones.Index, zone, entry.ZoneBlock + (uint)(part.FileBlock - entry.FileBlock));
            if (part.At == place) pieces.Add(new MovePiece(entry.Inode, part, layer, layer));
            from = part.End;
        }
    }

    private void DropCopies(List<MovePiece> pieces, bool keepPinned)
    {
        foreach (var piece in pieces.Where(piece => piece.From == ItemKind.Promoted).ToArray())
        {
            if (keepPinned && state.Items.TryGetInode(piece.Inode, out var record) && record.Pin > 0) continue;
            state.Extents.DropPromoted(piece.Inode, piece.Source.FileBlock, piece.Source.Count);
            var chunk = (long)piece.Source.FileBlock * DeviceZones.BlockSize / HeatTable.ChunkBytes;
            for (; chunk * HeatTable.ChunkBytes < (long)piece.Source.End * DeviceZones.BlockSize; chunk++) history.Dropped(piece.Inode, chunk, state.Now);
            pieces.Remove(piece);
        }
    }

    /// <summary>The whole tree, for a zone whose reverse map is lost or was never written.</summary>
    private List<MovePiece> Scan(DeviceZones zones, int zone, bool keepPinned)
    {
        var pieces = new List<MovePiece>();
        var scan = state.Tree.Scan(ItemKeys.Of(0, ItemKind.Inode));
        while (scan.MoveNext())
        {
            var kind = ItemKeys.KindOf(scan.Key);
            if (kind is not (ItemKind.Extent or ItemKind.Promoted)) continue;
            var extent = Extent.Read(scan.Key.Low, scan.Value);
            if (extent.At.Device == zones.Index && extent.At.Zone == zone) pieces.Add(new MovePiece(ItemKeys.InodeOf(scan.Key), extent, kind, kind));
        }
        DropCopies(pieces, keepPinned);
        return pieces;
    }
}
