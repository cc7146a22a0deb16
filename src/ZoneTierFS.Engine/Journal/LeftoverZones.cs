using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// Zones that were open when the volume was last used hold a part of the device's limit of active zones. Those that no stream will go on with are finished
/// before anything new is opened.
/// </summary>
internal static class LeftoverZones
{
    public static async ValueTask SettleAsync(VolumeState state)
    {
        foreach (var zones in state.Zones)
        {
            foreach (var zone in Choose(state, zones)) await state.Reclaimer.FinishAsync(zones, zone);
            await state.Reclaimer.ResetDeadAsync(zones, mayCommit: false);
        }
    }

    private static List<int> Choose(VolumeState state, DeviceZones zones)
    {
        var finish = new List<int>();
        var kept = new HashSet<byte>();
        lock (state.Gate)
        {
            for (var zone = DeviceZones.SuperblockZones; zone < zones.Count; zone++)
            {
                ref var info = ref zones[zone];
                var isPartial = info.Written > 0 && info.Written < zones.CapacityBlocks;
                if (!isPartial) continue;
                if (info.Use == ZoneUse.Open && info.Live > 0 && kept.Add(info.Stream)) continue;
                if (info.Use == ZoneUse.Open) info.Use = ZoneUse.Full;
                if (info.Use != ZoneUse.Unusable) finish.Add(zone);
            }
        }
        return finish;
    }
}
