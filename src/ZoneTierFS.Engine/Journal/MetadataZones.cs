using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// The zones that checkpoints append their pages to. A page that is written again leaves its old place dead; a zone with nothing live is reset after the
/// checkpoint that no longer needs it is published. Used by one checkpoint at a time.
/// </summary>
internal sealed class MetadataZones(VolumeState state)
{
    public const int BlocksPerPage = PageFormat.Size / DeviceZones.BlockSize;

    /// <summary>Zones in a row that may refuse an append before the device is given up.</summary>
    private const int RefusalsMax = 4;

    private readonly DeviceZones _fast = state.Zones[0];
    private readonly List<PageAddress> _superseded = [];
    private int _zone = -1;
    private int _refusals;

    /// <summary>Appends sealed pages one after the other and tells each one's address.</summary>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> pages, PageAddress[] addresses, int firstAddress)
    {
        var pagesPerAppend = Math.Max(1, _fast.AppendBlocksMax / BlocksPerPage);
        for (var at = 0; at < pages.Length;)
        {
            var room = await RoomAsync();
            var count = Math.Min(Math.Min(room, pagesPerAppend), (pages.Length - at) / PageFormat.Size);
            var part = pages.Slice(at, count * PageFormat.Size);
            if (await TryAppendAsync(part) is not { } where) continue;
            var block = (uint)(where.Offset / DeviceZones.BlockSize);
            lock (state.Gate)
            {
                _fast[_zone].Written = block + (uint)(count * BlocksPerPage);
                _fast.AddLive(_zone, (uint)(count * BlocksPerPage), promoted: false);
            }
            for (var i = 0; i < count; i++) addresses[firstAddress++] = new PageAddress((uint)_zone, block + (uint)(i * BlocksPerPage));
            at += part.Length;
            state.Counters.MetadataBytesWritten += part.Length;
        }
    }

    /// <summary>Null when the zone refused: it keeps the pages it has, and the next ones go to another. Throws when one zone after the other refuses.</summary>
    private async ValueTask<ZoneAddress?> TryAppendAsync(ReadOnlyMemory<byte> part)
    {
        try
        {
            var where = await _fast.Device.AppendAsync(new ZoneId(_zone), part, CancellationToken.None);
            _refusals = 0;
            return where;
        }
        catch (DeviceException failure) when (failure.Error != Errno.ENOSPC && ++_refusals < RefusalsMax)
        {
            await state.Reclaimer.AbandonAsync(_fast, _zone, failure);
            _zone = -1;
            return null;
        }
    }

    private async ValueTask<int> RoomAsync()
    {
        if (_zone >= 0)
        {
            uint remaining;
            lock (state.Gate) remaining = _fast.CapacityBlocks - _fast[_zone].Written;
            if (remaining >= BlocksPerPage) return (int)(remaining / BlocksPerPage);
            if (remaining > 0) await _fast.Device.FinishAsync(new ZoneId(_zone), CancellationToken.None);
            lock (state.Gate) _fast[_zone].Owned = false;
        }
        if (!await state.Reclaimer.TryTakeAsync(_fast, ZonePurpose.Metadata, mayWait: false, zone => _zone = zone, ZoneUse.Metadata))
            throw new DeviceException(Errno.ENOSPC, $"Tier {_fast.Tier} has no zone left for metadata.");
        lock (state.Gate) _fast[_zone].Owned = true;
        return (int)(_fast.CapacityBlocks / BlocksPerPage);
    }

    /// <summary>The page's old place is dead once the running checkpoint is published.</summary>
    public void Supersede(PageAddress old)
    {
        if (!old.IsNone) _superseded.Add(old);
    }

    /// <summary>The running checkpoint is published. Under the state lock.</summary>
    public void ReleaseSuperseded()
    {
        foreach (var old in _superseded) _fast.DropLive((int)old.Zone, BlocksPerPage, promoted: false, sequence: 0);
        _superseded.Clear();
    }

    /// <summary>
    /// The metadata zone with the least live pages, when there are so many half-dead ones that rewriting pays: its pages go into the next checkpoint.
    /// Under the state lock. -1 for none.
    /// </summary>
    public int ChooseVictim()
    {
        var (count, live, victim) = (0, 0L, -1);
        for (var zone = DeviceZones.SuperblockZones; zone < _fast.Count; zone++)
        {
            if (_fast[zone].Use != ZoneUse.Metadata || _fast[zone].Live == 0) continue;
            // What the device will not let be reset is left as soon as can be, while its pages can still be read.
            if (_fast[zone].Health == ZoneHealth.ReadOnly && zone != _zone) return zone;
            count++;
            live += _fast[zone].Live;
            if (zone != _zone && (victim < 0 || _fast[zone].Live < _fast[victim].Live)) victim = zone;
        }
        return count > 2 * (live / _fast.CapacityBlocks + 1) ? victim : -1; // what is promised to users counts with no more
    }
}
