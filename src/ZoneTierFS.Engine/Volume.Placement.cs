using System.Text;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>Where files lie, why, and what users may say about it.</summary>
public sealed partial class Volume
{
    public Result<FilePlacement> GetPlacement(ulong inode)
    {
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
            var heat = _state.Heat.Sum(inode, _state.Now);
            var extents = new List<ExtentPlacement>();
            extents.AddRange(_mover.Planner.Extents(inode, ItemKind.Extent).Select(extent => Show(extent, promoted: false)));
            extents.AddRange(_mover.Planner.Extents(inode, ItemKind.Promoted).Select(extent => Show(extent, promoted: true)));
            var status = StatusOf(inode, record);
            return new FilePlacement
            {
                Inode = inode,
                Path = "/" + Encoding.UTF8.GetString(_directory.PathOf(inode)),
                Class = record.Class,
                ClassReason = ClassReasons.Text(record.Reason),
                HomeTier = _state.Zones[_state.Placer.Home(record.Class, status.Size)].Tier,
                Pin = record.Pin > 0 ? _state.Zones[record.Pin - 1].Tier : null,
                Sealed = (record.Flags & InodeFlags.Sealed) != 0,
                Size = status.Size,
                BytesByTier = Serve(inode),
                PromotedBytes = extents.Where(extent => extent.Promoted).Sum(extent => extent.Length),
                DirtyBytes = DirtyBytes(inode),
                HeatShort = heat.Short,
                HeatLong = heat.Long,
                NextMove = _mover.Planner.Decide(inode, record).Why,
                Extents = extents,
            };
        }
    }

    private ExtentPlacement Show(Extent extent, bool promoted) => new(
        (long)extent.FileBlock * DeviceZones.BlockSize, (long)extent.Count * DeviceZones.BlockSize, _state.Zones[extent.At.Device].Tier, extent.At.Zone,
        (long)extent.At.Block * DeviceZones.BlockSize, promoted);

    /// <summary>Bytes by the tier that a read would be served from.</summary>
    private Dictionary<string, long> Serve(ulong inode)
    {
        var (authority, _) = _mover.Planner.Measure(inode);
        foreach (var copy in _mover.Planner.Extents(inode, ItemKind.Promoted))
        {
            for (var block = copy.FileBlock; block < copy.End;)
            {
                if (!_state.Extents.TryFindFrom(ItemKind.Extent, inode, block, out var below) || below.FileBlock >= copy.End) break;
                var bytes = (long)(Math.Min(copy.End, below.End) - Math.Max(block, below.FileBlock)) * DeviceZones.BlockSize;
                authority[below.At.Device] -= bytes;
                authority[copy.At.Device] += bytes;
                block = below.End;
            }
        }
        var byTier = new Dictionary<string, long>();
        for (var device = 0; device < authority.Length; device++)
            byTier[_state.Zones[device].Tier] = byTier.GetValueOrDefault(_state.Zones[device].Tier) + authority[device];
        return byTier;
    }

    private long DirtyBytes(ulong inode) =>
        _state.Inodes.TryGet(inode, out var active) ? ((active.Dirty?.Blocks ?? 0) + (long)(active.Flushing?.Blocks ?? 0)) * DeviceZones.BlockSize : 0;

    /// <summary>Sets the class by hand; null lets the rules decide again. EINVAL for anything but a regular file.</summary>
    public async ValueTask<Errno> SetClassAsync(ulong inode, FileClass? fileClass)
    {
        var error = await ChangeAsync(inode, (ref InodeRecord record) =>
        {
            record.Reason = fileClass is null ? ClassReason.DefaultOther : ClassReason.ExplicitAttribute;
            record.Class = fileClass ?? FileClass.Other;
        });
        if (error == Errno.Ok && fileClass is null) await _state.Placer.ReclassifyAsync(inode);
        return error;
    }

    /// <summary>Pins the file to a tier by name, so that the mover brings it there and leaves it; null unpins. EINVAL for an unknown tier.</summary>
    public async ValueTask<Errno> SetPinAsync(ulong inode, string? tier)
    {
        var device = tier is null ? -1 : Array.FindIndex(_state.Zones, zones => zones.Tier == tier);
        if (tier is not null && device < 0) return Errno.EINVAL;
        return await ChangeAsync(inode, (ref InodeRecord record) => record.Pin = (byte)(device + 1));
    }

    private delegate void RecordChange(ref InodeRecord record);

    private async ValueTask<Errno> ChangeAsync(ulong inode, RecordChange change)
    {
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
            if (!FileMode.IsRegular(record.Mode)) return Errno.EINVAL;
            change(ref record);
            TouchChange(inode, record);
            _state.Journal.EndTransaction();
            _state.MoveRequests.Consider(inode);
            return Errno.Ok;
        }
    }

    /// <summary>Asks the mover to promote the file now; progress shows in <see cref="FilePlacement.BytesByTier"/>.</summary>
    public Errno Warm(ulong inode)
    {
        if (_state.Options.ReadOnly) return Errno.EROFS;
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
            if (!FileMode.IsRegular(record.Mode)) return Errno.EINVAL;
            _state.MoveRequests.Warm(inode);
            return Errno.Ok;
        }
    }

    /// <summary>
    /// Drops the file's clean copies on the fast tier. EBUSY for a file that is pinned there: unpin it first. EIO where the originals of some cannot be read:
    /// those copies are kept.
    /// </summary>
    public async ValueTask<Errno> EvictAsync(ulong inode)
    {
        var room = await RoomAsync();
        if (room != Errno.Ok) return room;
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return Errno.ENOENT;
            if (record.Pin == 1) return Errno.EBUSY;
            _state.MoveRequests.Cool(inode);
            var keeps = false;
            foreach (var copy in _mover.Planner.Extents(inode, ItemKind.Promoted))
            {
                if (_state.Damage.IsLastCopy(inode, copy)) keeps = true;
                else _state.Extents.DropPromoted(inode, copy.FileBlock, copy.Count);
            }
            return End(keeps ? Errno.EIO : Errno.Ok);
        }
    }
}
