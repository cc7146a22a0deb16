using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>What concerns the whole volume.</summary>
public sealed partial class Volume
{
    /// <summary>Lost ranges that the status lists: paths may be long, and the status must fit an attribute.</summary>
    private const int StatusRangesMax = 10;

    /// <summary>Everything done before this call is durable when it returns Ok: syncfs, fsync of a directory.</summary>
    public async ValueTask<Errno> SyncAsync()
    {
        if (_state.Options.ReadOnly) return Errno.Ok;
        var stored = await _state.WriteBack.StoreAllAsync();
        var committed = await _state.Journal.CommitAsync(ulong.MaxValue);
        return stored != Errno.Ok ? stored : committed;
    }

    public SpaceUsage GetSpace()
    {
        lock (_state.Gate) return new SpaceUsage((ulong)_state.Space.Total, (ulong)_state.Space.Free, (ulong)_state.InodeCount);
    }

    public VolumeStatus GetVolumeStatus()
    {
        lock (_state.Gate)
        {
            var counters = _state.Counters;
            var (damage, damagedFiles) = _state.Damage.List(StatusRangesMax);
            return new VolumeStatus
            {
                Uuid = _state.Uuid,
                Generation = _state.Checkpointer.Generation,
                Tiers = [.. _state.Zones.Select(Describe)],
                DirtyBytes = _state.Space.DirtyBytes,
                JournalBytes = _state.Journal.BytesSinceCheckpoint,
                Commits = _state.Journal.Commits,
                Checkpoints = _state.Checkpointer.Count,
                UserBytesRead = counters.UserBytesRead,
                UserBytesWritten = counters.UserBytesWritten,
                Written = _state.Zones.Aggregate(default(WrittenBytes), (sum, zones) => sum + zones.Meter.Total),
                CleanedBytes = counters.CleanedBytes,
                PromotedBytes = counters.PromotedBytes,
                DemotedBytes = counters.DemotedBytes,
                ReplayedTransactions = counters.ReplayedMutations,
                HealedBytes = counters.HealedBytes,
                Damage = damage,
                DamagedFiles = damagedFiles,
                Scrub = _scrubber.Describe(),
                Failure = _state.Failure,
            };
        }
    }

    private static TierStatus Describe(DeviceZones zones)
    {
        var (open, full, readOnly, offline) = (0, 0, 0, 0);
        for (var zone = 0; zone < zones.Count; zone++)
        {
            if (zones[zone].Use == ZoneUse.Open) open++;
            if (zones[zone].Use == ZoneUse.Full) full++;
            if (zones[zone].Health == ZoneHealth.ReadOnly) readOnly++;
            if (zones[zone].Health == ZoneHealth.Offline) offline++;
        }
        return new TierStatus(
            zones.Tier, zones.Device.Geometry.Media.ToString(), zones.Count, zones.FreeCount, open, full, zones.Device.Geometry.ZoneCapacity,
            zones.Count * zones.Device.Geometry.ZoneCapacity, (zones.LiveBlocks - zones.PromotedBlocks) * DeviceZones.BlockSize,
            zones.PromotedBlocks * DeviceZones.BlockSize, zones.Meter.Total, zones.Resets)
        {
            ReadOnlyZones = readOnly, OfflineZones = offline, Lost = zones.IsLost,
        };
    }

    /// <summary>Reads everything in the background to find damage and heal what can be healed, at once; or goes on with what was stopped.</summary>
    public Errno StartScrub()
    {
        if (_state.Options.ReadOnly) return Errno.EROFS;
        _scrubber.Start();
        return Errno.Ok;
    }

    /// <summary>Ends the scrub that is under way, if any, and keeps its place.</summary>
    public void StopScrub() => _scrubber.Stop();
}
