using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Checking;

/// <summary>
/// Whether the counts that decide what is free and what may be reset agree with the extents that they are derived from: a block counted too little would be
/// overwritten, and one counted too much never comes back.
/// </summary>
internal static class Accounting
{
    /// <summary>What does not add up, in words; empty where all is well. Takes the state lock, and goes over all extents.</summary>
    /// <param name="isQuiet">
    /// Nothing is being written, moved or read, and what is dead has had the time to be reset: then nothing may be pinned or left over.
    /// </param>
    public static List<string> FindErrors(VolumeState state, bool isQuiet)
    {
        var errors = new List<string>();
        lock (state.Gate)
        {
            var counts = Count(state);
            foreach (var zones in state.Zones) Compare(zones, counts[zones.Index], isQuiet, errors);
            if (!isQuiet) return errors;
            if (state.Space.Reserved != 0) errors.Add($"{state.Space.Reserved} blocks are promised to nobody");
            if (state.Space.DirtyBytes != 0) errors.Add($"{state.Space.DirtyBytes} bytes of memory wait for nothing");
        }
        return errors;
    }

    /// <summary>Live blocks of each zone of each device, and those of them that are promoted copies, by the extents.</summary>
    private static (uint Live, uint Promoted)[][] Count(VolumeState state)
    {
        var counts = Array.ConvertAll(state.Zones, zones => new (uint Live, uint Promoted)[zones.Count]);
        var scan = state.Tree.Scan(ItemKeys.Of(0, ItemKind.Inode));
        while (scan.MoveNext())
        {
            var kind = ItemKeys.KindOf(scan.Key);
            if (kind is not (ItemKind.Extent or ItemKind.Promoted)) continue;
            foreach (var extent in state.Extents.Runs(scan.Key, scan.Value))
            {
                if (extent.At.IsLost) continue;
                ref var count = ref counts[extent.At.Device][extent.At.Zone];
                count.Live += extent.Count;
                if (kind == ItemKind.Promoted) count.Promoted += extent.Count;
            }
        }
        return counts;
    }

    private static void Compare(DeviceZones zones, (uint Live, uint Promoted)[] counts, bool isQuiet, List<string> errors)
    {
        var (free, live, promoted) = (0, 0L, 0L);
        for (var zone = 0; zone < zones.Count; zone++)
        {
            ref var info = ref zones[zone];
            free += info.Use == ZoneUse.Free ? 1 : 0;
            live += info.Live;
            promoted += info.Promoted;
            if (FindError(info, counts[zone], isQuiet) is { } error) errors.Add($"tier {zones.Tier} zone {zone} ({info.Use}): {error}");
        }
        if (free != zones.FreeCount) errors.Add($"tier {zones.Tier}: {free} zones are free, {zones.FreeCount} are lined up");
        if (live != zones.LiveBlocks) errors.Add($"tier {zones.Tier}: {live} blocks are live, {zones.LiveBlocks} are counted");
        if (promoted != zones.PromotedBlocks) errors.Add($"tier {zones.Tier}: {promoted} blocks are copies, {zones.PromotedBlocks} are counted");
    }

    private static string? FindError(in ZoneInfo info, (uint Live, uint Promoted) count, bool isQuiet)
    {
        if (info.Use is ZoneUse.Free or ZoneUse.Superblock or ZoneUse.Journal or ZoneUse.Metadata)
        {
            if (count.Live > 0) return $"holds {count.Live} blocks of files";
        }
        else if (info.Use != ZoneUse.Unusable && (info.Live, info.Promoted) != count)
            return $"{info.Live} blocks are counted as live, {info.Promoted} of them copies, instead of {count.Live} and {count.Promoted}";
        if (!isQuiet) return null;
        if (info.Pins != 0) return $"is pinned {info.Pins} times by nobody";
        return info is { Live: 0, Owned: false, Use: ZoneUse.Open or ZoneUse.Full or ZoneUse.Metadata } ? "is dead, and was not reset" : null;
    }
}
