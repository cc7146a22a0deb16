using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// Zones 0 and 1 of a device, written in turn: a superblock is never overwritten in place, so a torn write or a crash between reset and append
/// always leaves the one before. Each is written twice in one append, so that a single damaged block does not take the newest.
/// </summary>
/// <param name="meter">Counts what the ring writes.</param>
internal sealed class SuperblockRing(IZonedDevice device, WriteMeter meter)
{
    private const int BlockSize = DeviceZones.BlockSize;
    private const int Copies = 2;

    private int _zone = -1;
    private long _pointer;
    private bool _holdsNewest;

    /// <summary>Appends a superblock and makes it durable.</summary>
    public async ValueTask AppendAsync(Superblock superblock)
    {
        if (_zone < 0) await LocateAsync();
        using var block = new AlignedMemory(Copies * BlockSize);
        for (var copy = 0; copy < Copies; copy++) superblock.Write(block.GetSpan()[(copy * BlockSize)..]);
        if (_pointer + block.Length > device.Geometry.ZoneCapacity) await SwitchAsync();
        ZoneAddress at;
        try
        {
            at = await device.AppendAsync(new ZoneId(_zone), block.Memory, CancellationToken.None);
        }
        catch (DeviceException failure) when (failure.Error != Errno.ENOSPC)
        {
            if (_holdsNewest)
            {
                await TryFinishAsync();
                await SwitchAsync();
            }
            else
            {
                // It was just emptied, and the other one must stay: once more from its beginning.
                await device.ResetAsync(new ZoneId(_zone), CancellationToken.None);
            }
            at = await device.AppendAsync(new ZoneId(_zone), block.Memory, CancellationToken.None);
        }
        meter.Count(WriteCause.Metadata, block.Length);
        _pointer = at.Offset + block.Length;
        _holdsNewest = true;
        await device.FlushAsync(CancellationToken.None);
    }

    /// <summary>The zone that refused would go on holding a share of the device's limit of active zones; one that has turned read-only holds none.</summary>
    private async ValueTask TryFinishAsync()
    {
        try
        {
            await device.FinishAsync(new ZoneId(_zone), CancellationToken.None);
            meter.Count(WriteCause.Padding, device.Geometry.ZoneCapacity - _pointer);
        }
        catch (DeviceException)
        {
            // The other zone will show whether the device takes anything at all.
        }
    }

    /// <summary>Goes on in the other zone. The one that is left holds the newest superblock until the next append succeeds.</summary>
    private async ValueTask SwitchAsync()
    {
        await device.ResetAsync(new ZoneId(1 - _zone), CancellationToken.None);
        _zone = 1 - _zone;
        _holdsNewest = false;
    }

    private async ValueTask LocateAsync()
    {
        var reports = await device.ReportZonesAsync(CancellationToken.None);
        var newest = await ReadNewestAsync(device, reports, CancellationToken.None);
        _zone = newest.Zone >= 0 ? newest.Zone : 0;
        _holdsNewest = newest.Zone >= 0;
        _pointer = reports[_zone].WritePointer;
        // A full zone's pointer may lie past what was written; a partly written other zone was reset later but holds nothing newer.
        if (reports[_zone].Condition is ZoneCondition.Full or ZoneCondition.ReadOnly) _pointer = device.Geometry.ZoneCapacity;
    }

    /// <summary>
    /// The newest valid superblock of a device. Blocks that are not valid, or cannot be read, are passed over: a torn one is what a power cut leaves. Where
    /// none is valid, the problem tells an unformatted device from a damaged or a newer one.
    /// </summary>
    public static async ValueTask<RingContent> ReadNewestAsync(IZonedDevice device, IReadOnlyList<ZoneReport> reports, CancellationToken ct)
    {
        var content = new RingContent(null, -1, SuperblockProblem.NotSuperblock);
        DeviceException? failure = null;
        using var buffer = new AlignedMemory(64 * BlockSize);
        for (var zone = 0; zone < DeviceZones.SuperblockZones; zone++)
        {
            var end = End(reports[zone], device.Geometry);
            var found = false;
            while (end > 0 && !found)
            {
                var start = Math.Max(0, end - buffer.Length);
                var window = buffer.Memory[..(int)(end - start)];
                failure = await ReadAsync(device, new ZoneAddress(new ZoneId(zone), start), window, ct) ?? failure;
                content = Newest(content, window, zone, ref found);
                end = start;
            }
        }
        // A superblock of a newer version is newer than all that can be read here: going back to those would undo what it names, and then overwrite it.
        if (content.Problem == SuperblockProblem.Newer) return new RingContent(null, -1, SuperblockProblem.Newer);
        // What cannot be read may have been one; and a whole zone that cannot, not only the newest, but all that are newer than the other zone's.
        var mayMiss = content.Superblock is null || reports.Take(DeviceZones.SuperblockZones).Any(report => report.Condition == ZoneCondition.Offline);
        return mayMiss && failure is not null ? throw failure : content;
    }

    /// <summary>What a zone can hold; that of a zone that takes nothing more has no pointer that counts.</summary>
    private static long End(ZoneReport report, ZonedGeometry geometry) =>
        report.Condition is ZoneCondition.ReadOnly or ZoneCondition.Offline ? geometry.ZoneCapacity : Math.Min(report.WritePointer, geometry.ZoneCapacity);

    /// <summary>Blocks that cannot be read come as zeros; the last failure then.</summary>
    private static async ValueTask<DeviceException?> ReadAsync(IZonedDevice device, ZoneAddress first, Memory<byte> into, CancellationToken ct)
    {
        try
        {
            await device.ReadAsync(first, into, ct);
            return null;
        }
        catch (DeviceException failure) when (into.Length == BlockSize)
        {
            into.Span.Clear();
            return failure;
        }
        catch (DeviceException)
        {
            DeviceException? last = null;
            for (var at = 0; at < into.Length; at += BlockSize)
                last = await ReadAsync(device, first with { Offset = first.Offset + at }, into.Slice(at, BlockSize), ct) ?? last;
            return last;
        }
    }

    private static RingContent Newest(RingContent best, ReadOnlyMemory<byte> window, int zone, ref bool found)
    {
        for (var at = window.Length - BlockSize; at >= 0; at -= BlockSize)
        {
            if (Superblock.TryRead(window.Span.Slice(at, BlockSize), out var superblock, out var problem))
            {
                found = true;
                if (best.Superblock is null || superblock.Generation > best.Superblock.Generation) best = best with { Superblock = superblock, Zone = zone };
                return best;
            }
            if (problem == SuperblockProblem.Newer || best.Problem == SuperblockProblem.NotSuperblock) best = best with { Problem = problem };
        }
        return best;
    }
}

/// <summary>What a superblock ring holds: the newest valid superblock and its zone, and the worst that was wrong with blocks behind it.</summary>
internal sealed record RingContent(Superblock? Superblock, int Zone, SuperblockProblem Problem);
