using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Checking;

/// <summary>Looks at items without trusting them: no length, number or place in them is taken for granted. Everything wants the state lock.</summary>
internal static class ItemChecks
{
    private const int EntryHeader = 9;
    private const int PermissionBits = 12;
    private const int DepthMax = 2048;
    private const ulong FileBlocksMax = (ulong)long.MaxValue / DeviceZones.BlockSize;

    /// <summary>Whether opening a volume can make use of the item; other kinds it does not look into.</summary>
    public static bool IsReadable(VolumeState state, ItemKey key, ReadOnlySpan<byte> value) => ItemKeys.KindOf(key) switch
    {
        ItemKind.Inode => key.Low == 0 && value.Length == InodeRecord.EncodedSize,
        ItemKind.Extent or ItemKind.Promoted =>
            RunsOf(state, key, value) is { } runs && runs.TrueForAll(run => run.At.IsLost || IsPlace(state, run)),
        _ => true,
    };

    /// <summary>The record; where its type cannot be, with one that agrees with what else is known of the inode.</summary>
    public static bool TryRecord(VolumeState state, ulong inode, out InodeRecord record)
    {
        record = default;
        if (inode > ItemKeys.InodeMax || !state.Tree.TryGet(ItemKeys.Of(inode, ItemKind.Inode), out var value) || value.Length != InodeRecord.EncodedSize)
            return false;
        record = MemoryMarshal.Read<InodeRecord>(value);
        if (!IsType(record.Mode)) record.Mode = (record.Mode & FileMode.PermissionMask) | GuessType(state, inode, record);
        return true;
    }

    public static bool IsType(uint mode) => mode >> 16 == 0
        && ((mode & FileMode.S_IFMT) >> PermissionBits) is 1 or 2 or 4 or 6 or 8 or 10 or 12; // fifo, devices, directory, file, link, socket

    private static uint GuessType(VolumeState state, ulong inode, in InodeRecord record)
    {
        if (record.Parent <= ItemKeys.InodeMax && state.Tree.TryGet(ItemKeys.Of(record.Parent, ItemKind.Entry, record.EntryKey), out var entry)
            && TryEntry(record.EntryKey, entry, out var named, out var type, out _) && named == inode && IsType((uint)type << PermissionBits))
            return (uint)type << PermissionBits;
        if (state.Tree.TryGet(ItemKeys.Of(inode, ItemKind.Symlink), out _)) return FileMode.S_IFLNK;
        var entries = ItemKeys.Of(inode, ItemKind.Entry);
        return state.Tree.TryGetAtOrAfter(entries, out var key, out _) && key.High == entries.High ? FileMode.S_IFDIR : FileMode.S_IFREG;
    }

    /// <summary>The extents that an item stands for; null where it makes no sense. Their places may still be nonsense.</summary>
    public static List<Extent>? RunsOf(VolumeState state, ItemKey key, ReadOnlySpan<byte> value)
    {
        var runs = new List<Extent>(1);
        try
        {
            foreach (var run in state.Extents.Runs(key, value))
            {
                if (run.FileBlock > FileBlocksMax - run.Count) return null;
                runs.Add(run);
            }
        }
        catch (InvalidDataException)
        {
            return null;
        }
        return runs;
    }

    /// <summary>Whether the extent lies in one zone of the volume, in its data.</summary>
    public static bool IsPlace(VolumeState state, Extent extent) =>
        extent.At.Device < state.Zones.Length && extent.At.Zone >= DeviceZones.SuperblockZones && extent.At.Zone < state.Zones[extent.At.Device].Count
        && extent.At.Block + (ulong)extent.Count <= state.Zones[extent.At.Device].CapacityBlocks
        && state.Zones[extent.At.Device][extent.At.Zone].Use is not (ZoneUse.Metadata or ZoneUse.Journal);

    /// <summary>The parts of an entry; false where it is malformed, or not under a key of its name.</summary>
    public static bool TryEntry(ulong key, ReadOnlySpan<byte> value, out ulong inode, out byte type, out ReadOnlySpan<byte> name)
    {
        (inode, type) = (0, 0);
        name = default;
        if (value.Length <= EntryHeader) return false;
        (inode, type) = (BinaryPrimitives.ReadUInt64LittleEndian(value), value[EntryHeader - 1]);
        name = value[EntryHeader..];
        if (Namespace.Directory.Validate(name) != ZoneTierFS.Linux.Errno.Ok) return false;
        var first = NameKey.First(name);
        return key >= first && key < first + NameKey.SlotsMax;
    }

    /// <summary>Whether the record's own entry is there: in a directory, well formed, and naming the inode.</summary>
    public static bool HasNewestName(VolumeState state, ulong inode, in InodeRecord record) =>
        record.Parent is > 0 and <= ItemKeys.InodeMax
        && TryRecord(state, record.Parent, out var parent) && FileMode.IsDirectory(parent.Mode)
        && state.Tree.TryGet(ItemKeys.Of(record.Parent, ItemKind.Entry, record.EntryKey), out var entry)
        && TryEntry(record.EntryKey, entry, out var named, out _, out _) && named == inode;

    /// <summary>The path with its slash; null for what has none.</summary>
    public static string? PathOf(VolumeState state, ulong inode)
    {
        var path = "";
        for (var depth = 0; inode != Volume.RootInode; depth++)
        {
            if (depth == DepthMax || !TryRecord(state, inode, out var record) || !HasNewestName(state, inode, record)) return null;
            state.Tree.TryGet(ItemKeys.Of(record.Parent, ItemKind.Entry, record.EntryKey), out var entry);
            path = $"/{Encoding.UTF8.GetString(entry[EntryHeader..])}{path}";
            inode = record.Parent;
        }
        return path.Length == 0 ? "/" : path;
    }

    public static CheckFinding Finding(VolumeState state, FindingKind kind, ulong inode, string text, IRepair? repair) =>
        new(kind, text) { Inode = inode, Path = PathOf(state, inode), Repair = repair };

    /// <summary>A finding about blocks of a file.</summary>
    public static CheckFinding Finding(VolumeState state, FindingKind kind, ulong inode, Extent part, string text, IRepair? repair)
    {
        var hasPlace = !part.At.IsLost && part.At.Device < state.Zones.Length;
        return Finding(state, kind, inode, text, repair) with
        {
            From = (long)part.FileBlock * DeviceZones.BlockSize,
            To = (long)part.End * DeviceZones.BlockSize,
            Tier = hasPlace ? state.Zones[part.At.Device].Tier : null,
            Zone = hasPlace ? part.At.Zone : null,
        };
    }
}
