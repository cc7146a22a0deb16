using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Zones;

/// <summary>Gives out empty zones: resets dead ones once their freeing is confirmed, and lets writers wait for cleaning.</summary>
internal sealed class ZoneReclaimer(VolumeState state)
{
    private const int WaitsMax = 10_000;

    /// <summary>Fires whenever a zone became free, or the cleaner found nothing to clean.</summary>
    public AsyncSignal Freed { get; } = new();

    /// <summary>Takes an empty zone; false when there is none for the purpose and cleaning cannot make one.</summary>
    /// <param name="mayWait">Wait for cleaning; only users may: the mover makes the room that they wait for, and metadata has its own reserve.</param>
    /// <param name="taken">Called under the state lock.</param>
    public async ValueTask<bool> TryTakeAsync(DeviceZones zones, ZonePurpose purpose, bool mayWait, Action<int> taken, ZoneUse use = ZoneUse.Open)
    {
        for (var wait = 0; wait < WaitsMax; wait++)
        {
            var seen = Freed.Version;
            lock (state.Gate)
            {
                if (zones.TryTake(purpose, use, out var zone))
                {
                    taken(zone);
                    return true;
                }
            }
            if (await ResetDeadAsync(zones, mayCommit: purpose != ZonePurpose.Metadata) > 0) continue;
            if (!mayWait || state.Failure is not null || (wait > 0 && state.IsCleaningExhausted(zones))) return false;
            lock (state.Gate) state.CleaningWaiters++;
            state.MoveRequests.Wanted.Set();
            await Freed.WaitAsync(seen, TimeSpan.FromSeconds(1), state.Time);
            lock (state.Gate) state.CleaningWaiters--;
        }
        return false;
    }

    /// <summary>Resets every dead zone; commits first where a freeing record is not confirmed yet. Returns how many were reset.</summary>
    /// <param name="mayCommit">False for the holder of the journal's turn, who would wait for itself.</param>
    public async ValueTask<int> ResetDeadAsync(DeviceZones zones, bool mayCommit = true)
    {
        if (mayCommit && HasUnconfirmedDead(zones) && await state.Journal.ConfirmAsync() != Errno.Ok) return 0;
        var count = 0;
        while (true)
        {
            int zone;
            lock (state.Gate)
            {
                if (!zones.TryFindDead(Resettable, out zone)) break;
                zones[zone].Owned = true; // nobody else resets it meanwhile
            }
            try
            {
                using var doing = state.Activities.Enter(Activity.ZoneReset);
                await zones.Device.ResetAsync(new ZoneId(zone), CancellationToken.None);
            }
            catch (DeviceException failure)
            {
                StateLog.ZoneFrozen(state.Log, zones.Tier, zone, failure.Message);
                lock (state.Gate) zones.MarkUnusable(zone);
                continue;
            }
            lock (state.Gate)
            {
                state.ReadAhead.Forget(zones.Index, zone);
                zones.MarkReset(zone);
            }
            count++;
        }
        if (count > 0) Freed.Set();
        return count;
    }

    /// <summary>
    /// A zone refused an append: the device's word counts, not ours, so its pointer is asked for; and nothing is appended there again. It is finished: a
    /// partly written zone holds a share of the device's limit of active zones.
    /// </summary>
    public async ValueTask AbandonAsync(DeviceZones zones, int zone, DeviceException failure)
    {
        StateLog.ZoneFrozen(state.Log, zones.Tier, zone, failure.Message);
        var report = (await zones.Device.ReportZonesAsync(CancellationToken.None))[zone];
        lock (state.Gate)
        {
            ref var info = ref zones[zone];
            info.Written = (uint)(report.WritePointer / DeviceZones.BlockSize);
            if (info.Use == ZoneUse.Open) info.Use = ZoneUse.Full;
            info.Owned = true; // nobody resets it while it is being finished
            if (report.Condition is ZoneCondition.ReadOnly or ZoneCondition.Offline) zones.MarkUnusable(zone);
        }
        try
        {
            if (report.Condition is not (ZoneCondition.Full or ZoneCondition.ReadOnly or ZoneCondition.Offline))
                await zones.Device.FinishAsync(new ZoneId(zone), CancellationToken.None);
        }
        catch (DeviceException again)
        {
            StateLog.ZoneFrozen(state.Log, zones.Tier, zone, again.Message);
        }
        lock (state.Gate) zones[zone].Owned = false;
    }

    /// <summary>The newest batch whose freed blocks recovery needs no more.</summary>
    private ulong Resettable => state.Planted == PlantedBug.EarlyReset ? ulong.MaxValue : state.Journal.ConfirmedSequence;

    private bool HasUnconfirmedDead(DeviceZones zones)
    {
        lock (state.Gate)
        {
            return !zones.TryFindDead(Resettable, out _) && zones.TryFindDead(ulong.MaxValue, out _);
        }
    }
}
