using Microsoft.Extensions.Logging;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Zones;

/// <summary>Appends staged blocks to the open zones of streams: opens, fills, footers and finishes zones, and steps around ones that fail.</summary>
internal sealed class ZoneAppender
{
    private const int ZonesTriedMax = 4;

    private readonly VolumeState _state;
    private readonly ZoneReclaimer _reclaimer;
    private readonly ZoneStream[][] _streams;

    public ZoneAppender(VolumeState state, ZoneReclaimer reclaimer)
    {
        _state = state;
        _reclaimer = reclaimer;
        _streams = [.. state.Zones.Select(Streams)];

        static ZoneStream[] Streams(DeviceZones zones) =>
        [
            .. Enumerable.Range(0, zones.StreamCount).Select(slot => new ZoneStream(zones, (byte)slot, ZonePurpose.User)),
            new ZoneStream(zones, (byte)zones.StreamCount, ZonePurpose.Move),
        ];
    }

    /// <summary>The stream of a slot, counted round.</summary>
    public ZoneStream UserStream(int device, int slot) => _streams[device][slot % _state.Zones[device].StreamCount];

    public ZoneStream MoverStream(int device) => _streams[device][^1];

    /// <summary>
    /// Appends as many staged blocks from a position as one append and the open zone take. Count 0: the device has no zone to give to this purpose.
    /// Throws <see cref="DeviceException"/> when several zones in a row refuse.
    /// </summary>
    /// <param name="mayWait">Wait for cleaning when the device has no zone to give.</param>
    public async ValueTask<Placed> AppendAsync(ZoneStream stream, Staging staging, int from, WriteCause cause, bool mayWait)
    {
        for (var waits = 0; ; waits++)
        {
            var seen = _reclaimer.Freed.Version;
            await stream.Turn.EnterExclusiveAsync();
            var placed = await AppendInTurnAsync(stream, staging, from, cause, stream.Purpose);
            if (placed.Count > 0 || !mayWait || !await _reclaimer.WaitAsync(stream.Zones, seen, waits)) return placed;
        }
    }

    /// <summary>
    /// As <see cref="AppendAsync"/>, for the mover, which joins users' zones of one temperature as long as that leaves it enough of the reserve.
    /// </summary>
    public async ValueTask<Placed> AppendAlikeAsync(int device, int level, Staging staging, int from, WriteCause cause)
    {
        var stream = _streams[device][_state.Zones[device].UserSlots + level];
        await stream.Turn.EnterExclusiveAsync();
        return await AppendInTurnAsync(stream, staging, from, cause, ZonePurpose.Alike);
    }

    /// <summary>Leaves the stream's turn.</summary>
    private async ValueTask<Placed> AppendInTurnAsync(ZoneStream stream, Staging staging, int from, WriteCause cause, ZonePurpose purpose)
    {
        try
        {
            for (var tried = 0; tried < ZonesTriedMax;)
            {
                if (stream.Zones.IsLost) return default;
                if (stream.Zone < 0 && !await TryOpenAsync(stream, purpose)) return default;
                var count = Room(stream, staging, from);
                if (count == 0)
                {
                    await CloseAsync(stream);
                    continue;
                }
                try
                {
                    var at = await stream.Zones.Device.AppendAsync(new ZoneId(stream.Zone), staging.Slice(from, count), CancellationToken.None);
                    stream.Zones.Meter.Count(cause, (long)count * DeviceZones.BlockSize);
                    return Record(stream, staging, from, count, at);
                }
                catch (DeviceException failure) when (failure.Error != Errno.ENOSPC)
                {
                    tried++;
                    await FreezeAsync(stream, failure);
                }
            }
            throw new DeviceException(Errno.EIO, $"{ZonesTriedMax} zones in a row of tier {stream.Zones.Tier} refused an append.");
        }
        finally
        {
            stream.Turn.ExitExclusive();
        }
    }

    private int Room(ZoneStream stream, Staging staging, int from)
    {
        lock (_state.Gate)
        {
            var zones = stream.Zones;
            var footer = ZoneFooter.BlocksFor(zones.Reverse(stream.Zone).Count + staging.Runs.Count + 1);
            var remaining = (int)zones.CapacityBlocks - (int)zones[stream.Zone].Written - footer;
            return Math.Max(0, Math.Min(remaining, Math.Min(zones.AppendBlocksMax, staging.Blocks - from)));
        }
    }

    private Placed Record(ZoneStream stream, Staging staging, int from, int count, ZoneAddress at)
    {
        lock (_state.Gate)
        {
            var zones = stream.Zones;
            ref var info = ref zones[stream.Zone];
            var block = checked((uint)(at.Offset / DeviceZones.BlockSize));
            Invariant.Holds(at.Zone.Index == stream.Zone && block >= info.Written, "an append lands at the write pointer of its zone");
            info.Written = block + (uint)count;
            info.Pins++;
            zones.Temperatures.Appended(stream.Zone, block, count);
            zones.UnflushedBlocks += count;
            foreach (var run in staging.Runs)
            {
                var start = Math.Max(run.From, (uint)from);
                var end = Math.Min(run.From + run.Count, (uint)(from + count));
                if (start >= end) continue;
                zones.AddReverse(stream.Zone, new ReverseEntry(run.Inode, run.FileBlock + start - run.From, block + start - (uint)from, end - start));
            }
            return new Placed(new Location(zones.Index, stream.Zone, block), (uint)from, (uint)count);
        }
    }

    private async ValueTask<bool> TryOpenAsync(ZoneStream stream, ZonePurpose purpose)
    {
        if (TryAdopt(stream)) return true;
        return await _reclaimer.TryTakeAsync(stream.Zones, purpose, zone =>
        {
            stream.Zones[zone].Stream = stream.Index;
            stream.Zones[zone].Owned = true;
            stream.Zones[zone].IsMovers = stream.Purpose == ZonePurpose.Move;
            stream.Zone = zone;
        });
    }

    /// <summary>Goes on with a partly written zone of an earlier mount.</summary>
    private bool TryAdopt(ZoneStream stream)
    {
        lock (_state.Gate)
        {
            var zones = stream.Zones;
            for (var zone = DeviceZones.SuperblockZones; zone < zones.Count; zone++)
            {
                ref var info = ref zones[zone];
                if (info.Use != ZoneUse.Open || info.Owned || info.Stream != stream.Index) continue;
                info.Owned = true;
                stream.Zone = zone;
                return true;
            }
            return false;
        }
    }

    /// <summary>Ends a zone with its reverse map, so that cleaning it needs no scan of the namespace; losing the footer loses nothing else.</summary>
    private async ValueTask CloseAsync(ZoneStream stream)
    {
        var zones = stream.Zones;
        AlignedMemory? footer = null;
        lock (_state.Gate)
        {
            var entries = zones.Reverse(stream.Zone);
            var room = (int)(zones.CapacityBlocks - zones[stream.Zone].Written);
            if (ZoneFooter.BlocksFor(entries.Count) <= room) footer = ZoneFooter.Build(entries, stream.Zone, room);
        }
        using (footer)
        {
            try
            {
                if (footer is not null) await AppendFooterAsync(zones, stream.Zone, footer.Memory);
            }
            catch (DeviceException failure) when (failure.Error != Errno.ENOSPC)
            {
                await FreezeAsync(stream, failure); // without its footer the zone costs a scan when it is cleaned, nothing else
                return;
            }
        }
        lock (_state.Gate)
        {
            ref var info = ref zones[stream.Zone];
            info.Written = zones.CapacityBlocks;
            info.Use = ZoneUse.Full;
            info.Owned = false;
            if (footer is not null) zones.DropReverse(stream.Zone);
            stream.Zone = -1;
        }
    }

    private async ValueTask AppendFooterAsync(DeviceZones zones, int zone, ReadOnlyMemory<byte> bytes)
    {
        var appendMax = zones.AppendBlocksMax * DeviceZones.BlockSize;
        for (var at = 0; at < bytes.Length; at += appendMax)
        {
            var part = bytes.Slice(at, Math.Min(appendMax, bytes.Length - at));
            await zones.Device.AppendAsync(new ZoneId(zone), part, CancellationToken.None);
            zones.Meter.Count(WriteCause.Padding, part.Length);
            lock (_state.Gate) zones[zone].Written += (uint)(part.Length / DeviceZones.BlockSize);
        }
    }

    private async ValueTask FreezeAsync(ZoneStream stream, DeviceException failure)
    {
        var zone = stream.Zone;
        stream.Zone = -1; // also where the device does not even answer: a zone that failed is never appended to again
        await _reclaimer.AbandonAsync(stream.Zones, zone, failure);
    }
}
