using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// Promises space before anything is locked or buffered, so that what was accepted can always be stored; and bounds the memory of what waits. Everything that
/// is not async wants the state lock.
/// </summary>
internal sealed class SpaceLedger(VolumeState state) : IDisposable
{
    private const int BuffersKeptMax = 4;
    private const int ReserveTriesMax = 64;

    private readonly Stack<WriteBuffer> _buffers = new();
    private BlockPool? _pool;

    /// <summary>Blocks promised to writes that are not stored yet.</summary>
    public long Reserved { get; private set; }

    /// <summary>Memory that waiting writes hold, bytes.</summary>
    public long DirtyBytes { get; private set; }

    /// <summary>Fires when a write-back has finished.</summary>
    public AsyncSignal Drained { get; } = new();

    public bool IsTight => DirtyBytes > state.Options.DirtyBytesMax;

    /// <summary>Blocks that users can ever fill: what superblocks, journal, metadata, footers and the zones kept for cleaning leave.</summary>
    public long Total
    {
        get
        {
            long total = 0;
            foreach (var zones in state.Zones) total += Capacity(zones);
            return total;
        }
    }

    public long Free => Math.Max(0, Total - Used - Reserved);

    private long Used
    {
        get
        {
            long used = 0;
            foreach (var zones in state.Zones)
                if (!zones.IsLost) used += zones.LiveBlocks - zones.PromotedBlocks - zones.MetadataBlocks - zones.UnreachableBlocks;
            return used;
        }
    }

    /// <summary>Share of what users can fill of a device that is live, 0 to 1; a lost device is fuller than any.</summary>
    public double Fill(int device)
    {
        var zones = state.Zones[device];
        if (zones.IsLost) return double.MaxValue;
        return (double)(zones.LiveBlocks - zones.PromotedBlocks - zones.MetadataBlocks) / Math.Max(1, Capacity(zones));
    }

    private static long Capacity(DeviceZones zones)
    {
        long usable = zones.Count - zones.ZonesNotForUsers - zones.UnusableCount;
        return Math.Max(0, usable - ZonesForMetadata(zones, zones.CheckpointBlocks)) * zones.DataBlocks;
    }

    /// <summary>Zones that pages take: those of the newest checkpoint and of the one that is being written, for each copy.</summary>
    private static long ZonesForMetadata(DeviceZones zones, long blocks) =>
        zones.MetadataCopies == 0 ? 0 : 2 * zones.MetadataCopies * (blocks / zones.MetadataCopies / zones.CapacityBlocks + 1);

    /// <summary>
    /// Whether names and attributes may be added: a checkpoint that finds no room for all pages beside those of the one before would end all writing.
    /// </summary>
    /// <param name="besideData">
    /// Count the data on the tiers with metadata, too. Little things do not ask for that: the mover makes room for them, while a few long attributes could be
    /// faster.
    /// </param>
    public bool HasMetadataRoom(bool besideData)
    {
        foreach (var zones in state.Zones)
        {
            if (zones.MetadataCopies == 0 || zones.IsLost) continue; // what a lost device refuses, costs its copy and no more
            var blocks = Math.Max(zones.CheckpointBlocks, (long)state.Pages.AllocatedCount * MetadataZones.BlocksPerPage * zones.MetadataCopies);
            var data = besideData ? (zones.LiveBlocks - zones.PromotedBlocks - zones.MetadataBlocks) / zones.DataBlocks : 0;
            if (data + ZonesForMetadata(zones, blocks) > zones.Count - zones.ZonesNotForUsers - zones.UnusableCount) return false;
        }
        return true;
    }

    /// <summary>Promises blocks, waiting for memory to drain; ENOSPC when live data and earlier promises leave too few.</summary>
    /// <param name="interrupted">Cancelled, it ends the waiting with EINTR; nothing is promised then.</param>
    public async ValueTask<Errno> ReserveAsync(int blocks, CancellationToken interrupted = default)
    {
        LockOrder.RequireNone("while space is waited for");
        for (var tried = 0; ; tried++)
        {
            var seen = Drained.Version;
            bool mayGather;
            lock (state.Gate)
            {
                if (state.Failure is not null) return Errno.EIO;
                var fits = Free >= blocks;
                mayGather = !fits && tried == 0 && HasMetadataShrunk();
                if (fits && !IsTight)
                {
                    Reserved += blocks;
                    return Errno.Ok;
                }
                // Writes under way may promise more than they need, overwrites free what they replace, and a deleted file may still be in a worker's hands:
                // only with none of them left is it really full. Asked last, as it looks at every inode in use.
                if (!fits && (tried >= ReserveTriesMax || (tried > 0 && Reserved == 0 && !state.Inodes.AnyDying))) return Errno.ENOSPC;
            }
            if (interrupted.IsCancellationRequested) return Errno.EINTR;
            if (mayGather && await state.Checkpointer.RunAsync() is var error and not Errno.Ok) return error;
            state.WriteBack.Hurry();
            await Drained.WaitAsync(seen, TimeSpan.FromMilliseconds(200), state.Time, interrupted);
        }
    }

    /// <summary>Names and attributes were deleted, whose pages only another checkpoint gives back: at least a zone of them.</summary>
    private bool HasMetadataShrunk()
    {
        if (state.Journal is { BytesSinceCheckpoint: 0, Current.IsEmpty: true }) return false;
        var now = (long)state.Pages.AllocatedCount * MetadataZones.BlocksPerPage;
        foreach (var zones in state.Zones)
        {
            if (zones.MetadataCopies > 0 && !zones.IsLost
                && now / zones.CapacityBlocks < zones.CheckpointBlocks / zones.MetadataCopies / zones.CapacityBlocks) return true;
        }
        return false;
    }

    public void Release(long blocks)
    {
        Reserved -= blocks;
        Invariant.Holds(Reserved >= 0, "no more space is given back than was promised");
    }

    public WriteBuffer RentBuffer() =>
        _buffers.TryPop(out var buffer) ? buffer : new WriteBuffer(_pool ??= new BlockPool(state.Options.DirtyBytesMax));

    public void CountMemory(long change) => DirtyBytes += change;

    /// <summary>Takes a buffer back, and its memory off the count.</summary>
    public void ReturnBuffer(WriteBuffer buffer)
    {
        DirtyBytes -= buffer.MemoryBytes;
        buffer.Clear();
        if (_buffers.Count < BuffersKeptMax) _buffers.Push(buffer);
        else buffer.Dispose();
        Drained.Set();
    }

    public void Dispose()
    {
        while (_buffers.TryPop(out var buffer)) buffer.Dispose();
        _pool?.Dispose();
    }
}
