using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>What concerns the whole volume.</summary>
public sealed partial class Volume
{
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
                MetadataBytesWritten = counters.MetadataBytesWritten,
                CleanedBytes = counters.CleanedBytes,
                PromotedBytes = counters.PromotedBytes,
                DemotedBytes = counters.DemotedBytes,
                ReplayedTransactions = counters.ReplayedMutations,
                Failure = _state.Failure,
            };
        }
    }

    private static TierStatus Describe(DeviceZones zones)
    {
        var (open, full) = (0, 0);
        for (var zone = 0; zone < zones.Count; zone++)
        {
            if (zones[zone].Use == ZoneUse.Open) open++;
            if (zones[zone].Use == ZoneUse.Full) full++;
        }
        return new TierStatus(
            zones.Tier, zones.Device.Geometry.Media.ToString(), zones.Count, zones.FreeCount, open, full, zones.Device.Geometry.ZoneCapacity,
            zones.Count * zones.Device.Geometry.ZoneCapacity, (zones.LiveBlocks - zones.PromotedBlocks) * DeviceZones.BlockSize,
            zones.PromotedBlocks * DeviceZones.BlockSize, zones.BlocksAppended * DeviceZones.BlockSize, zones.Resets);
    }
}
