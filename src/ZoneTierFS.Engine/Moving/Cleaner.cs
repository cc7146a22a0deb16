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

    /// <summary>Items of the tree that a search looks at in one go, under the state lock.</summary>
    private const int SearchStep = 2000;

    /// <summary>Cleans the best victim of a device. False when there is none worth it.</summary>
    public async ValueTask<bool> CleanOneAsync(DeviceZones zones, CleaningPace urgency, Func<int, ValueTask> pace)
    {
        int victim;
        var keepPinned = true;
        lock (state.Gate)
        {
            victim = ChooseVictim(zones, urgency, keepPinned);
            // Only before writers are turned away do the copies of pinned files go: their originals lie elsewhere, the new data does not.
            if (victim < 0 && urgency == CleaningPace.Boosted) victim = ChooseVictim(zones, urgency, keepPinned = false);
            if (victim < 0) return false;
            zones[victim].Pins++;
        }
        return await CleanAsync(zones, victim, keepPinned, pace);
    }

    /// <summary>
    /// Brings what is live in a zone elsewhere, and takes back the pin that the caller has put on it. True when that was all, or where a better victim may be
    /// found now.
    /// </summary>
    public async ValueTask<bool> CleanAsync(DeviceZones zones, int victim, bool keepPinned, Func<int, ValueTask> pace)
    {
        using var doing = state.Activities.Enter(Activity.Cleaning);
        var ranFull = false;
        int temperature;
        lock (state.Gate) temperature = zones.Temperatures.LevelOf(victim);
        try
        {
            var entries = await FindEntriesAsync(zones, victim);
            var pieces = FindPieces(zones, victim, entries, keepPinned);
            if (pieces.Any(piece => piece.From == ItemKind.Promoted) && MarkPinned(zones, victim)) return true;
            foreach (var group in pieces.GroupBy(piece => DestinationOf(piece, zones.Index)).ToArray())
            {
                var cause = group.Key == zones.Index ? WriteCause.Cleaning : WriteCause.Moving;
                var (bytes, isFull) = await copier.CopyAsync(group, group.Key, cause, pace, group.Key == zones.Index ? temperature : -1);
                if (group.Key > zones.Index) state.Counters.DemotedBytes += bytes;
                else state.Counters.CleanedBytes += bytes;
                ranFull |= isFull && group.Key == zones.Index;
                if (!isFull || group.Key == zones.Index) continue;
                // The tier where it belongs is full: what is left stays on this one.
                (bytes, isFull) = await copier.CopyAsync(FindPieces(zones, victim, entries, keepPinned), zones.Index, WriteCause.Cleaning, pace);
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

    private static int ChooseVictim(DeviceZones zones, CleaningPace urgency, bool keepPinned)
    {
        var candidates = new List<ZoneFacts>();
        for (var zone = DeviceZones.SuperblockZones; zone < zones.Count; zone++)
        {
            ref var info = ref zones[zone];
            if (info is not { Use: ZoneUse.Full, Health: ZoneHealth.Good, Damaged: false, Pins: 0 } || info.Live == 0) continue;
            // Copying a zone that is full but for its footer gains nothing, and could go on for ever.
            var live = keepPinned && info.HasPinned ? info.Live : info.Live - info.Promoted;
            if (live >= zones.DataBlocks) continue;
            candidates.Add(new ZoneFacts(zone, live, zones.CapacityBlocks, AgeOf(zones, zone)));
        }
        var best = VictimPolicy.Choose(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(candidates), urgency);
        return best < 0 ? -1 : candidates[best].Zone;
    }

    /// <summary>
    /// What users have written since the zone was, in blocks. Beyond what lives on the tier, age tells nothing more; and below a fiftieth of that, zones differ
    /// by chance.
    /// </summary>
    private static long AgeOf(DeviceZones zones, int zone) => Math.Min(zones.Temperatures.AgeOf(zone), zones.LiveBlocks) + zones.LiveBlocks / 50;

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
            if (zones[zone].Health == ZoneHealth.Offline) return null;
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

    /// <summary>All that is live in a zone, which the caller has pinned.</summary>
    public async ValueTask<List<MovePiece>> ListAsync(DeviceZones zones, int zone)
    {
        var entries = await FindEntriesAsync(zones, zone);
        lock (state.Gate) return Map(zones, zone, entries);
    }

    /// <summary>Whose blocks the zone holds, or held: from memory, its footer, or a search of the tree where neither accounts for all that is live.</summary>
    private async ValueTask<IReadOnlyList<ReverseEntry>> FindEntriesAsync(DeviceZones zones, int zone)
    {
        var entries = await ReadReverseAsync(zones, zone);
        lock (state.Gate)
            if (entries is not null && Map(zones, zone, entries).Sum(piece => piece.Source.Count) >= zones[zone].Live) return entries;
        return Search(zones, zone);
    }

    /// <summary>What must be copied out of the zone, by file and position; drops clean copies, but keeps those of pinned files where asked.</summary>
    private List<MovePiece> FindPieces(DeviceZones zones, int zone, IReadOnlyList<ReverseEntry> entries, bool keepPinned)
    {
        lock (state.Gate)
        {
            var pieces = Map(zones, zone, entries);
            DropCopies(pieces, keepPinned);
            state.Journal.EndTransaction();
            pieces.Sort((a, b) => (a.Inode, a.Source.FileBlock).CompareTo((b.Inode, b.Source.FileBlock)));
            return pieces;
        }
    }

    /// <summary>What is still mapped of the entries. Under the state lock.</summary>
    private List<MovePiece> Map(DeviceZones zones, int zone, IReadOnlyList<ReverseEntry> entries)
    {
        var pieces = new List<MovePiece>();
        foreach (var entry in entries)
        {
            Find(pieces, zones, zone, entry, ItemKind.Extent);
            Find(pieces, zones, zone, entry, ItemKind.Promoted);
        }
        return pieces;
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
            // The last good copy of its bytes is not dropped but copied like any other data.
            if (state.Damage.IsLastCopy(piece.Inode, piece.Source)) continue;
            if (keepPinned && state.Items.TryGetInode(piece.Inode, out var record) && record.Pin > 0) continue;
            state.Extents.DropPromoted(piece.Inode, piece.Source.FileBlock, piece.Source.Count);
            var chunk = (long)piece.Source.FileBlock * DeviceZones.BlockSize / HeatTable.ChunkBytes;
            for (; chunk * HeatTable.ChunkBytes < (long)piece.Source.End * DeviceZones.BlockSize; chunk++) history.Dropped(piece.Inode, chunk, state.Now);
            pieces.Remove(piece);
        }
    }

    /// <summary>
    /// Goes through the whole tree, for a zone whose reverse map is lost or was never written. Nobody waits for more than a step of it: the zone takes no new
    /// blocks meanwhile, and what leaves it is not found mapped any more.
    /// </summary>
    private List<ReverseEntry> Search(DeviceZones zones, int zone)
    {
        var entries = new List<ReverseEntry>();
        for (var from = ItemKeys.Of(0, ItemKind.Inode); ;)
        {
            lock (state.Gate)
            {
                var scan = state.Tree.Scan(from);
                var left = SearchStep;
                for (; left > 0 && scan.MoveNext(); left--)
                {
                    from = ItemKeys.After(scan.Key);
                    if (ItemKeys.KindOf(scan.Key) is not (ItemKind.Extent or ItemKind.Promoted)) continue;
                    foreach (var extent in state.Extents.Runs(scan.Key, scan.Value))
                    {
                        if (extent.At.Device == zones.Index && extent.At.Zone == zone)
                            entries.Add(new ReverseEntry(ItemKeys.InodeOf(scan.Key), extent.FileBlock, extent.At.Block, extent.Count));
                    }
                }
                if (left > 0) return entries;
            }
        }
    }
}
