using System.Buffers.Binary;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>
/// Looks at every item of a volume in key order, once, when it is opened, and says which cannot be: the engine wrote none of these, so they are a bug's work or
/// somebody's. All code behind it may trust what is left. Whether items fit to each other (links, free space, names) is for the check to say; here it matters
/// only where the engine would break or write wrongly.
/// </summary>
internal sealed class ItemRules(DeviceZones[] zones, ImpossibleItems found)
{
    private const int EntryHeader = 9;
    private const ulong FileBlocksMax = Volume.FileBytesMax / DeviceZones.BlockSize;

    private const uint ModeMax = FileMode.S_IFMT | FileMode.PermissionMask;

    /// <summary>The types of inodes, a bit for each value of a mode's upper bits: fifo, device, directory, block device, file, link, socket.</summary>
    private const int Types = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 12;
    private const int TypeShift = 12;

    private readonly BlockNumbers _numbers = new(zones);
    private readonly InodeSet _present = new();
    private readonly InodeSet _named = new();

    /// <summary>The inode whose items are being looked at, and the type bits of its record; 0 where that is missing or impossible.</summary>
    private ulong _inode;
    private uint _type;
    private bool _isRejected;

    /// <summary>End of the extent before, and the high key that tells whose it was.</summary>
    private ulong _layer;
    private ulong _layerEnd;

    /// <summary>False for an item that cannot be, which is then in the list of those.</summary>
    public bool IsPossible(ItemKey key, ReadOnlySpan<byte> value)
    {
        var (inode, kind) = (ItemKeys.InodeOf(key), ItemKeys.KindOf(key));
        if (inode != _inode) (_inode, _type, _isRejected) = (inode, 0, false);
        var problem = kind == ItemKind.Orphan || inode == 0 ? OrphanProblem(inode, kind, key.Low, value) : Problem(inode, kind, key.Low, value);
        if (problem is null) return true;
        // With its record an inode loses all else; one line says so.
        found.Add(key, _isRejected && kind != ItemKind.Inode ? null : problem);
        if (kind == ItemKind.Inode) _isRejected = true;
        return false;
    }

    /// <summary>After the last item: what an inode must not do without.</summary>
    public void Finish(ItemTree tree)
    {
        if (!_present.Contains(Volume.RootInode)) found.Add("there is no root directory");
        foreach (var inode in _named.Except(_present)) found.Add($"inode {inode} does not exist, but a directory entry or a directory below names it");
        foreach (var orphan in Orphans(tree))
        {
            if (!tree.TryGet(ItemKeys.Of(orphan, ItemKind.Inode), out var value) || value.Length != InodeRecord.EncodedSize)
                found.Add(ItemKeys.Of(0, ItemKind.Orphan, orphan), "it does not exist");
            else if (InodeRecord.Read(value).LinkCount > 0) found.Add(ItemKeys.Of(0, ItemKind.Orphan, orphan), "it has names");
        }
    }

    private static List<ulong> Orphans(ItemTree tree)
    {
        var orphans = new List<ulong>();
        var scan = tree.Scan(ItemKeys.Of(0, ItemKind.Orphan));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(0, ItemKind.Orphan).High)
            if (scan.Value.IsEmpty) orphans.Add(scan.Key.Low);
        return orphans;
    }

    private static string? OrphanProblem(ulong inode, ItemKind kind, ulong low, ReadOnlySpan<byte> value) =>
        inode != 0 || kind != ItemKind.Orphan ? "no such item belongs there"
        : low is <= Volume.RootInode or >= ItemKeys.InodeMax || !value.IsEmpty ? "no inode can be meant" : null;

    private string? Problem(ulong inode, ItemKind kind, ulong low, ReadOnlySpan<byte> value)
    {
        if (kind == ItemKind.Inode) return InodeProblem(inode, low, value);
        if (_type == 0) return "it belongs to no inode";
        return kind switch
        {
            ItemKind.Extent => ExtentProblem(inode, kind, low, value),
            ItemKind.Promoted => ExtentProblem(inode, kind, low, value),
            ItemKind.Entry => EntryProblem(low, value),
            ItemKind.Symlink => _type == FileMode.S_IFLNK && low == 0 && value.Length is > 0 and <= Volume.SymlinkBytesMax ? null : "it is no target of a link",
            ItemKind.Xattr => XattrProblem(value),
            ItemKind.XattrPart => value.Length is 0 or > XattrStore.PartBytes ? $"{value.Length} bytes are no part of an attribute" : null,
            _ => "there is no such kind of item",
        };
    }

    private string? InodeProblem(ulong inode, ulong low, ReadOnlySpan<byte> value)
    {
        if (low != 0 || inode >= ItemKeys.InodeMax) return "no inode can have its key";
        if (value.Length != InodeRecord.EncodedSize) return $"{value.Length} bytes are no inode record";
        var record = InodeRecord.Read(value);
        var type = record.Mode & FileMode.S_IFMT;
        if (record.Mode > ModeMax || (Types >> (int)(type >> TypeShift) & 1) == 0 || (inode == Volume.RootInode && type != FileMode.S_IFDIR))
            return $"mode {record.Mode:x} is none";
        if (record.Size > Volume.FileBytesMax) return $"it cannot have {record.Size} bytes";
        if (record.Pin > zones.Length) return $"it is pinned to device {record.Pin - 1} of {zones.Length}";
        if (record.Class > FileClass.Scratch) return $"there is no file class {(byte)record.Class}";
        if (record.Parent is 0 or >= ItemKeys.InodeMax) return $"inode {record.Parent} cannot be its directory";
        _present.Add(inode);
        _type = type;
        // Walks from a directory to the root go over these.
        if (type == FileMode.S_IFDIR) _named.Add(record.Parent);
        return null;
    }

    private string? ExtentProblem(ulong inode, ItemKind layer, ulong fileBlock, ReadOnlySpan<byte> value)
    {
        if (_type != FileMode.S_IFREG) return "only regular files have extents";
        var key = ItemKeys.Of(inode, layer, fileBlock);
        try
        {
            foreach (var extent in new ExtentRuns(key, value, _numbers))
                if (RunProblem(extent, layer, key.High) is { } problem) return problem;
        }
        catch (InvalidDataException nonsense)
        {
            return nonsense.Message;
        }
        // Nothing else may lie in the chunk of a page map.
        if (PageMap.Is(value)) (_layer, _layerEnd) = (key.High, fileBlock + PageMap.Blocks);
        return null;
    }

    private string? RunProblem(Extent extent, ItemKind layer, ulong high)
    {
        if (extent.FileBlock >= FileBlocksMax || extent.End > FileBlocksMax) return $"no file has blocks {extent.FileBlock} to {extent.End}";
        if (high == _layer && extent.FileBlock < _layerEnd) return $"block {extent.FileBlock} is mapped twice";
        // What a repair has marked as lost lies nowhere.
        var isLost = extent.At.IsLost && layer == ItemKind.Extent;
        if (!isLost && PlaceProblem(extent, layer) is { } problem) return problem;
        (_layer, _layerEnd) = (high, extent.End);
        return null;
    }

    private string? PlaceProblem(Extent extent, ItemKind layer)
    {
        if (extent.At.Device >= zones.Length || (layer == ItemKind.Promoted && extent.At.Device != 0)) return $"no such blocks lie at {extent.At}";
        var device = zones[extent.At.Device];
        if (extent.At.Zone < DeviceZones.SuperblockZones || extent.At.Zone >= device.Count
            || extent.At.Block + (ulong)extent.Count > device.CapacityBlocks) return $"{extent.Count} blocks at {extent.At} lie outside the volume";
        ref var zone = ref device[extent.At.Zone];
        // The engine resets such zones by other rules, and would take the blocks with them.
        if (zone.Use is ZoneUse.Superblock or ZoneUse.Journal or ZoneUse.Metadata) return $"{extent.At} holds metadata, not data";
        // The counts that say when a zone may be reset must never wrap.
        return zone.Live + (ulong)extent.Count > device.CapacityBlocks ? $"{extent.At} lies in a zone with more live blocks than it can hold" : null;
    }

    private string? EntryProblem(ulong low, ReadOnlySpan<byte> value)
    {
        if (_type != FileMode.S_IFDIR) return "only directories have entries";
        if (value.Length <= EntryHeader || Directory.Validate(value[EntryHeader..]) != Linux.Errno.Ok) return "it has no name that can be";
        // The key is also the place in a listing, which the kernel takes for a signed number.
        if (low is < NameKey.SlotsMax or > long.MaxValue) return "no entry can have its key";
        var inode = BinaryPrimitives.ReadUInt64LittleEndian(value);
        if (inode is 0 or >= ItemKeys.InodeMax) return $"it cannot name inode {inode}";
        _named.Add(inode);
        return null;
    }

    private static string? XattrProblem(ReadOnlySpan<byte> value)
    {
        const string no = "it is no extended attribute";
        if (value.IsEmpty) return no;
        if (value[0] != 0) return value.Length < 1 + value[0] || value.Length > 1 + value[0] + XattrStore.PartBytes ? no : null;
        if (value.Length < 2 || value[1] == 0 || value.Length != 2 + value[1] + sizeof(uint)) return no;
        return BinaryPrimitives.ReadUInt32LittleEndian(value[(2 + value[1])..]) is <= XattrStore.PartBytes or > XattrStore.ValueBytesMax ? no : null;
    }
}
