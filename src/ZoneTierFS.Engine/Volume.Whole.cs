using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>What concerns the whole volume.</summary>
public sealed partial class Volume
{
    private const int CheckBytes = 1 << 20;

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

    /// <summary>Reads everything and verifies every checksum and the metadata's shape. Damage is reported, never mended.</summary>
    public async Task<CheckReport> CheckAsync(IProgress<double>? progress, CancellationToken ct)
    {
        var damage = new List<string>();
        List<(ulong Inode, Extent Extent)> extents;
        long files;
        lock (_state.Gate)
        {
            CheckTree(damage);
            damage.AddRange(_state.Impossible.Descriptions);
            (extents, files) = CollectExtents();
        }
        var (done, total) = (0L, extents.Sum(item => (long)item.Extent.Count) * DeviceZones.BlockSize);
        using var buffer = new AlignedMemory(CheckBytes);
        foreach (var (inode, extent) in extents)
        {
            for (var block = extent.FileBlock; block < extent.End && !ct.IsCancellationRequested;)
            {
                var part = extent.Slice(block, Math.Min(extent.End, block + CheckBytes / DeviceZones.BlockSize));
                await CheckAsync(inode, part, buffer.Memory[..((int)part.Count * DeviceZones.BlockSize)], damage);
                block = part.End;
                done += (long)part.Count * DeviceZones.BlockSize;
                progress?.Report(total == 0 ? 1 : (double)done / total);
            }
        }
        return new CheckReport(files, done, damage);
    }

    private void CheckTree(List<string> damage)
    {
        try
        {
            _state.Tree.Verify();
        }
        catch (InvalidDataException broken)
        {
            damage.Add($"metadata tree: {broken.Message}");
        }
    }

    private (List<(ulong Inode, Extent Extent)> Extents, long Files) CollectExtents()
    {
        var extents = new List<(ulong, Extent)>();
        var files = 0L;
        var scan = _state.Tree.Scan(ItemKeys.Of(0, ItemKind.Inode));
        while (scan.MoveNext())
        {
            var kind = ItemKeys.KindOf(scan.Key);
            if (kind is ItemKind.Inode && FileMode.IsRegular(InodeRecord.Read(scan.Value).Mode)) files++;
            if (kind is ItemKind.Extent or ItemKind.Promoted) extents.Add((ItemKeys.InodeOf(scan.Key), Extent.Read(scan.Key.Low, scan.Value)));
        }
        return (extents, files);
    }

    private async ValueTask CheckAsync(ulong inode, Extent part, Memory<byte> buffer, List<string> damage)
    {
        lock (_state.Gate)
        {
            // The block may have been moved or freed since the list was made.
            if (!StillMaps(ItemKind.Extent, inode, part) && !StillMaps(ItemKind.Promoted, inode, part)) return;
            _state.Zones[part.At.Device][part.At.Zone].Pins++;
        }
        if (await _state.Reader.TryReadPinnedAsync(part.At, buffer) is not { } problem) return;
        lock (_state.Gate)
        {
            if (!StillMaps(ItemKind.Extent, inode, part) && !StillMaps(ItemKind.Promoted, inode, part)) return;
            var path = System.Text.Encoding.UTF8.GetString(_directory.PathOf(inode));
            damage.Add($"/{path} (inode {inode}), bytes {part.FileBlock * DeviceZones.BlockSize} to {part.End * DeviceZones.BlockSize}: {problem}");
        }
    }

    private bool StillMaps(ItemKind layer, ulong inode, Extent part) =>
        _state.Extents.TryFind(layer, inode, part.FileBlock, out var now) && now.Slice(part.FileBlock, Math.Min(part.End, now.End)).At == part.At;
}
