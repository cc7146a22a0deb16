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
            foreach (var zones in state.Zones) used += zones.LiveBlocks - zones.PromotedBlocks - zones.MetadataBlocks;
            return used;
        }
    }

    /// <summary>Share of what users can fill of a device that is live, 0 to 1.</summary>
    public double Fill(int device)
    {
        var zones = state.Zones[device];
        return (double)(zones.LiveBlocks - zones.PromotedBlocks - zones.MetadataBlocks) / Math.Max(1, Capacity(zones));
    }

    private static long Capacity(DeviceZones zones)
    {
        long usable = zones.Count - zones.ZonesNotForUsers - zones.UnusableCount;
        if (zones.IsFast) usable -= 2 * (zones.MetadataBlocks / zones.CapacityBlocks + 1);
        return Math.Max(0, usable) * zones.DataBlocks;
    }

    /// <summary>
    /// Whether names and attributes may be added: a checkpoint that finds no room for all pages beside those of the one before would end all writing.
    /// </summary>
    /// <param name="besideData">
    /// Count the data on the fast tier, too. Little things do not ask for that: the mover makes room for them, while a few long attributes could be faster.
    /// </param>
    public bool HasMetadataRoom(bool besideData)
    {
        var fast = state.Zones[0];
        var pages = Math.Max(fast.MetadataBlocks, (long)state.Pages.AllocatedCount * MetadataZones.BlocksPerPage);
        var data = besideData ? (fast.LiveBlocks - fast.PromotedBlocks - fast.MetadataBlocks) / fast.DataBlocks : 0;
        return data + 2 * (pages / fast.CapacityBlocks + 1) <= fast.Count - fast.ZonesNotForUsers - fast.UnusableCount;
    }

    /// <summary>Promises blocks, waiting for memory to drain; ENOSPC when live data and earlier promises leave too few.</summary>
    /// <param name="interrupted">Cancelled, it ends the waiting with EINTR; nothing is promised then.</param>
    public async ValueTask<Errno> ReserveAsync(int blocks, CancellationToken interrupted = default)
    {
        for (var tried = 0; ; tried++)
        {
            var seen = Drained.Version;
            lock (state.Gate)
            {
                if (state.Failure is not null) return Errno.EIO;
                var fits = Free >= blocks;
                if (fits && !IsTight)
                {
                    Reserved += blocks;
                    return Errno.Ok;
                }
                // Writes under way may promise more than they need, overwrites free what they replace, and a deleted file may still be in a worker's hands:
                // only with none of them left is it really full.
                var mayGetFree = Reserved > 0 || state.Inodes.AnyDying;
                if (!fits && (tried >= ReserveTriesMax || (!mayGetFree && tried > 0))) return Errno.ENOSPC;
            }
            if (interrupted.IsCancellationRequested) return Errno.EINTR;
            state.WriteBack.Hurry();
            await Drained.WaitAsync(seen, TimeSpan.FromMilliseconds(200), state.Time, interrupted);
        }
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
