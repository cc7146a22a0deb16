using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// The zones of one device that checkpoints append the pages of one copy to. A page that is written again leaves its old place dead; a zone with nothing live
/// is reset after the checkpoint that no longer needs it is published. Used by one checkpoint at a time.
/// </summary>
internal sealed class MetadataZones(VolumeState state, DeviceZones zones)
{
    public const int BlocksPerPage = PageFormat.Size / DeviceZones.BlockSize;

    /// <summary>Zones in a row that may refuse an append before the device is given up.</summary>
    private const int RefusalsMax = 4;

    /// <summary>Zones with pages of this copy: on a single device those of the other copy lie beside them.</summary>
    private readonly HashSet<int> _own = [];
    private readonly List<PageAddress> _superseded = [];
    private int _zone = -1;
    private int _refusals;

    /// <summary>Appends sealed pages one after the other and tells each one's address.</summary>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> pages, Memory<PageAddress> addresses)
    {
        var pagesPerAppend = Math.Max(1, zones.AppendBlocksMax / BlocksPerPage);
        for (var at = 0; at < pages.Length;)
        {
            var room = await RoomAsync();
            var count = Math.Min(Math.Min(room, pagesPerAppend), (pages.Length - at) / PageFormat.Size);
            var part = pages.Slice(at, count * PageFormat.Size);
            if (await TryAppendAsync(part) is not { } where) continue;
            var block = (uint)(where.Offset / DeviceZones.BlockSize);
            lock (state.Gate)
            {
                zones[_zone].Written = block + (uint)(count * BlocksPerPage);
                zones.AddLive(_zone, (uint)(count * BlocksPerPage), promoted: false);
            }
            for (var i = 0; i < count; i++) addresses.Span[at / PageFormat.Size + i] = new PageAddress((uint)_zone, block + (uint)(i * BlocksPerPage));
            at += part.Length;
            zones.Meter.Count(WriteCause.Metadata, part.Length);
        }
    }

    /// <summary>Null when the zone refused: it keeps the pages it has, and the next ones go to another. Throws when one zone after the other refuses.</summary>
    private async ValueTask<ZoneAddress?> TryAppendAsync(ReadOnlyMemory<byte> part)
    {
        try
        {
            var where = await zones.Device.AppendAsync(new ZoneId(_zone), part, CancellationToken.None);
            _refusals = 0;
            return where;
        }
        catch (DeviceException failure) when (failure.Error != Errno.ENOSPC && ++_refusals < RefusalsMax)
        {
            await state.Reclaimer.AbandonAsync(zones, _zone, failure);
            lock (state.Gate)
            {
                (var left, _zone) = (_zone, -1);
                Disown(left);
            }
            return null;
        }
    }

    private async ValueTask<int> RoomAsync()
    {
        if (_zone >= 0)
        {
            uint remaining;
            lock (state.Gate) remaining = zones.CapacityBlocks - zones[_zone].Written;
            if (remaining >= BlocksPerPage) return (int)(remaining / BlocksPerPage);
            if (remaining > 0) await state.Reclaimer.FinishAsync(zones, _zone);
            lock (state.Gate)
            {
                zones[_zone].Owned = false;
                (var left, _zone) = (_zone, -1);
                Disown(left);
            }
        }
        if (!await state.Reclaimer.TryTakeAsync(zones, ZonePurpose.Metadata, Take, ZoneUse.Metadata))
            throw new DeviceException(Errno.ENOSPC, $"Tier {zones.Tier} has no zone left for metadata.");
        return (int)(zones.CapacityBlocks / BlocksPerPage);
    }

    private void Take(int zone)
    {
        _zone = zone;
        zones[zone].Owned = true;
        _own.Add(zone);
    }

    /// <summary>A place that recovery found in use.</summary>
    public void Adopt(PageAddress place)
    {
        zones[(int)place.Zone].Use = ZoneUse.Metadata;
        zones.AddLive((int)place.Zone, BlocksPerPage, promoted: false);
        _own.Add((int)place.Zone);
        zones.PublishMetadata();
    }

    /// <summary>A page lies inside the zones that may hold one; what says otherwise is damaged.</summary>
    public bool CanHold(PageAddress place) =>
        place.Zone >= DeviceZones.SuperblockZones && place.Zone < zones.Count && place.Block <= zones.CapacityBlocks - BlocksPerPage;

    /// <summary>The page's old place is dead once the running checkpoint is published.</summary>
    public void Supersede(PageAddress old)
    {
        if (!old.IsNone) _superseded.Add(old);
    }

    /// <summary>The running checkpoint is published. Under the state lock.</summary>
    public void ReleaseSuperseded()
    {
        foreach (var old in _superseded)
        {
            zones.DropLive((int)old.Zone, BlocksPerPage, promoted: false, sequence: 0);
            Disown((int)old.Zone);
        }
        _superseded.Clear();
        zones.PublishMetadata();
    }

    /// <summary>A zone with nothing live may be anybody's next.</summary>
    private void Disown(int zone)
    {
        if (zone != _zone && zones[zone].Live == 0) _own.Remove(zone);
    }

    /// <summary>
    /// The metadata zone with the least live pages, when there are so many half-dead ones that rewriting pays: its pages go into the next checkpoint.
    /// Under the state lock. -1 for none.
    /// </summary>
    public int ChooseVictim()
    {
        var (count, live, victim) = (0, 0L, -1);
        foreach (var zone in _own)
        {
            if (zones[zone].Live == 0) continue;
            // What the device will not let be reset is left as soon as can be, while its pages can still be read; or are in memory, and in the other copy.
            if (zones[zone].Health != ZoneHealth.Good && zone != _zone) return zone;
            count++;
            live += zones[zone].Live;
            if (zone != _zone && (victim < 0 || (zones[zone].Live, zone).CompareTo((zones[victim].Live, victim)) < 0)) victim = zone;
        }
        return count > 2 * (live / zones.CapacityBlocks + 1) ? victim : -1; // what is promised to users counts with no more
    }
}
