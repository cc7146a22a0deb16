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

    /// <summary>Takes an empty zone, after a reset of dead ones where there is none; false when none can be had for the purpose.</summary>
    /// <param name="taken">Called under the state lock.</param>
    public async ValueTask<bool> TryTakeAsync(DeviceZones zones, ZonePurpose purpose, Action<int> taken, ZoneUse use = ZoneUse.Open)
    {
        do
        {
            lock (state.Gate)
            {
                if (zones.TryTake(purpose, use, out var zone))
                {
                    taken(zone);
                    if (purpose == ZonePurpose.User && zones.FreeCount <= zones.KeepFree(purpose) + 1) state.MoveRequests.Wanted.Set();
                    return true;
                }
            }
        }
        while (await ResetDeadAsync(zones, mayCommit: purpose != ZonePurpose.Metadata) > 0);
        return false;
    }

    /// <summary>
    /// Waits until a zone may have become free. False when that is in vain: cleaning has found nothing since the first wait, or the volume has failed. Only
    /// users wait, and not in a stream's turn: the mover, which makes the room that they wait for, may want to append there.
    /// </summary>
    /// <param name="seen">The version of <see cref="Freed"/> before a zone was last asked for.</param>
    /// <param name="waits">How often the caller has waited.</param>
    public async ValueTask<bool> WaitAsync(DeviceZones zones, long seen, int waits)
    {
        if (state.Failure is not null || waits >= WaitsMax || (waits > 0 && state.IsCleaningExhausted(zones))) return false;
        lock (state.Gate) state.CleaningWaiters++;
        state.MoveRequests.Wanted.Set();
        await Freed.WaitAsync(seen, TimeSpan.FromSeconds(1), state.Time);
        lock (state.Gate) state.CleaningWaiters--;
        return true;
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
                if (await state.Watch.ExamineAsync(zones) is null) break;
                lock (state.Gate) zones.MarkUnusable(zone, ZoneHealth.ReadOnly); // whatever it says of itself: it could not be emptied
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
    /// partly written zone holds a share of the device's limit of active zones. Throws <see cref="DeviceException"/> where the device answers no more.
    /// </summary>
    public async ValueTask AbandonAsync(DeviceZones zones, int zone, DeviceException failure)
    {
        StateLog.ZoneFrozen(state.Log, zones.Tier, zone, failure.Message);
        var reports = await state.Watch.ExamineAsync(zones)
            ?? throw new DeviceException(failure.Error, $"Tier {zones.Tier} answers no more: {failure.Message}");
        var report = reports[zone];
        lock (state.Gate)
        {
            ref var info = ref zones[zone];
            var isGood = info.Health == ZoneHealth.Good;
            var written = isGood ? (uint)(report.WritePointer / DeviceZones.BlockSize) : zones.CapacityBlocks;
            // What the failed append left.
            if (isGood) zones.Meter.Count(WriteCause.Padding, Math.Max(0L, (long)written - info.Written) * DeviceZones.BlockSize);
            info.Written = written;
            if (info.Use == ZoneUse.Open) info.Use = ZoneUse.Full;
            info.Owned = true; // nobody resets it while it is being finished
        }
        try
        {
            if (report.Condition is not (ZoneCondition.Full or ZoneCondition.ReadOnly or ZoneCondition.Offline))
                await FinishAsync(zones, zone);
        }
        catch (DeviceException again)
        {
            StateLog.ZoneFrozen(state.Log, zones.Tier, zone, again.Message);
        }
        lock (state.Gate) zones[zone].Owned = false;
    }

    /// <summary>Ends a zone before it is full, so that it holds no share of the device's limit of active zones.</summary>
    public async ValueTask FinishAsync(DeviceZones zones, int zone)
    {
        long rest;
        lock (state.Gate) rest = (long)zones.CapacityBlocks - zones[zone].Written;
        await zones.Device.FinishAsync(new ZoneId(zone), CancellationToken.None);
        zones.Meter.Count(WriteCause.Padding, rest * DeviceZones.BlockSize);
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
