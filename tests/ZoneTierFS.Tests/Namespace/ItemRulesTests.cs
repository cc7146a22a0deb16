using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Fuzz.Images;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Namespace;

/// <summary>Each item of a sound volume is possible; each that the engine never writes is told, by what is wrong with it.</summary>
public sealed class ItemRulesTests
{
    private const ulong File = 2, Link = 3, Deleted = 9;
    private const uint ZoneBlocks = 64;
    private const int JournalZone = 5, MetadataZone = 6;

    private static readonly ulong s_name = NameKey.First("file"u8);

    public static TheoryData<string, ulong, byte, ulong, string> Impossible => new()
    {
        // an inode's record
        { "no inode record", File, 0, 0, Hex(new byte[95]) },
        { "no inode can have its key", File, 0, 1, Hex(Record()) },
        { "no inode can have its key", ItemKeys.InodeMax, 0, 0, Hex(Record()) },
        { "mode 1a4 is none", File, 0, 0, Hex(Record(mode: 0x1A4)) },
        { "mode 181a4 is none", File, 0, 0, Hex(Record(mode: 0x181A4)) },
        { "mode 81a4 is none", 1, 0, 0, Hex(Record()) },
        { "it cannot have", File, 0, 0, Hex(Record(size: Volume.FileBytesMax + 1)) },
        { "pinned to device 2 of 2", File, 0, 0, Hex(Record(pin: 3)) },
        { "no file class 8", File, 0, 0, Hex(Record(fileClass: 8)) },
        { "inode 0 cannot be its directory", File, 0, 0, Hex(Record(parent: 0)) },
        { "inode 77 does not exist", 20, 0, 0, Hex(Record(mode: FileMode.S_IFDIR | 0x1ED, parent: 77)) },
        // extents
        { "no extent", File, 4, 100, Hex(new byte[15]) },
        { "has no blocks", File, 4, 100, Hex(Place(0, 3, 0, count: 0)) },
        { "no file has blocks", File, 4, Volume.FileBytesMax / 4096 - 1, Hex(Place(0, 3, 0, count: 2)) },
        { "no file has blocks", File, 4, ulong.MaxValue, Hex(Place(0, 3, 0)) },
        { "mapped twice", File, 4, 3, Hex(Place(0, 3, 20)) },
        { "outside the volume", File, 4, 100, Hex(Place(0, 8, 0)) },
        { "outside the volume", File, 4, 100, Hex(Place(0, 1, 0)) },
        { "outside the volume", File, 4, 100, Hex(Place(0, 3, 61)) },
        { "outside the volume", File, 4, 100, Hex(Place(0, 3, uint.MaxValue)) },
        { "no such blocks lie at", File, 4, 100, Hex(Place(2, 3, 0)) },
        { "no such blocks lie at", File, 5, 100, Hex(Place(1, 3, 0)) },
        { "holds metadata", File, 4, 100, Hex(Place(0, JournalZone, 0)) },
        { "holds metadata", File, 4, 100, Hex(Place(0, MetadataZone, 0)) },
        { "more live blocks than it can hold", File, 4, 100, Hex(Place(0, 3, 0, count: ZoneBlocks)) },
        { "only regular files have extents", Link, 4, 0, Hex(Place(0, 3, 0)) },
        { "it belongs to no inode", 30, 4, 0, Hex(Place(0, 3, 0)) },
        // entries
        { "no name that can be", 1, 3, 512, Hex(Entry(File, "")) },
        { "no name that can be", 1, 3, 512, Hex(Entry(File, "a/b")) },
        { "no name that can be", 1, 3, 512, Hex(Entry(File, "..")) },
        { "no name that can be", 1, 3, 512, Hex(Entry(File, new string('n', 256))) },
        { "no name that can be", 1, 3, 512, Hex(new byte[8]) },
        { "no entry can have its key", 1, 3, 255, Hex(Entry(File, "a")) },
        { "no entry can have its key", 1, 3, 1ul << 63, Hex(Entry(File, "a")) },
        { "cannot name inode 0", 1, 3, 512, Hex(Entry(0, "a")) },
        { "inode 400 does not exist", 1, 3, 512, Hex(Entry(400, "a")) },
        { "only directories have entries", File, 3, 512, Hex(Entry(File, "a")) },
        // links and attributes
        { "no target of a link", Link, 1, 0, "" },
        { "no target of a link", File, 1, 0, Hex("t"u8) },
        { "no extended attribute", File, 2, 512, "" },
        { "no extended attribute", File, 2, 512, "05414141" },
        { "no extended attribute", File, 2, 512, "00014100" },
        { "no extended attribute", File, 2, 512, "000141" + "01000000" },
        { "no extended attribute", File, 2, 512, "000141" + "01000100" },
        { "no part of an attribute", File, 7, 512, "" },
        { "it does not exist", 0, 6, 50, "" },
        { "it has names", 0, 6, File, "" },
        { "no inode can be meant", 0, 6, 1, "" },
        { "no inode can be meant", 0, 6, Deleted, "00" },
        { "no such item belongs there", File, 6, 50, "" },
        { "no such item belongs there", 0, 4, 0, Hex(Place(0, 3, 0)) },
        { "there is no such kind of item", File, 8, 0, "00" },
    };

    [Fact]
    public void A_sound_volume_has_none() => Assert.Empty(Judge(Sound()).Descriptions);

    [Theory]
    [MemberData(nameof(Impossible))]
    public void An_item_that_cannot_be_is_told(string problem, ulong inode, byte kind, ulong low, string value)
    {
        var found = Judge([.. Sound(), (new ItemKey(inode << 8 | kind, low), Convert.FromHexString(value))]);
        Assert.Contains(found.Descriptions, line => line.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_to_be_deleted_whose_record_is_none_is_told() =>
        Assert.Contains(Judge([.. Sound(), (ItemKeys.Of(Deleted, ItemKind.Inode), new byte[7])]).Descriptions,
            line => line.Contains("it does not exist", StringComparison.Ordinal));

    [Fact]
    public void A_volume_without_a_root_is_told() =>
        Assert.Contains("there is no root directory", Judge([.. Sound().Where(item => item.Key != ItemKeys.Of(1, ItemKind.Inode))]).Descriptions);

    [Fact]
    public void For_reading_what_cannot_be_is_left_out_and_its_file_known()
    {
        var found = new ImpossibleItems();
        using var pages = new PageStore(PageKind.Tree, 1);
        var key = ItemKeys.Of(File, ItemKind.Extent, 100);
        var tree = Plant(pages, [.. Sound(), (key, Place(0, 1, 0))]);
        Look(tree, found);
        Assert.Throws<InvalidDataException>(() => found.Settle(tree, readOnly: false));
        Assert.True(tree.TryGet(key, out _));
        found.Settle(tree, readOnly: true);
        Assert.False(tree.TryGet(key, out _));
        Assert.True(found.IsHurt(File));
        Assert.False(found.IsHurt(Link));
    }

    private static List<(ItemKey Key, byte[] Value)> Sound() =>
    [
        (ItemKeys.Of(1, ItemKind.Inode), Record(mode: FileMode.S_IFDIR | 0x1ED)),
        (ItemKeys.Of(1, ItemKind.Entry, s_name), Entry(File, "file")),
        (ItemKeys.Of(1, ItemKind.Entry, 256), Entry(Link, new string('n', 255))),
        (ItemKeys.Of(File, ItemKind.Inode), Record(size: Volume.FileBytesMax, pin: 2, fileClass: (byte)FileClass.Scratch)),
        (ItemKeys.Of(File, ItemKind.Xattr, 256), [1, (byte)'a', 5, 6]),
        (ItemKeys.Of(File, ItemKind.Xattr, 257), [0, 1, (byte)'b', 0x01, 0x0F, 0, 0]),
        (ItemKeys.Of(File, ItemKind.Extent), Place(1, 2, 0)),
        (ItemKeys.Of(File, ItemKind.Extent, 4), Place(0, 3, 0)),
        (ItemKeys.Of(File, ItemKind.Extent, Volume.FileBytesMax / 4096 - 1), Place(0, 3, 4, count: 1)),
        (ItemKeys.Of(File, ItemKind.Promoted), Place(0, 7, 60)),
        (ItemKeys.Of(File, ItemKind.XattrPart, 257), new byte[3840]),
        (ItemKeys.Of(Link, ItemKind.Inode), Record(mode: FileMode.S_IFLNK | 0x1FF)),
        (ItemKeys.Of(Link, ItemKind.Symlink), "target"u8.ToArray()),
        (ItemKeys.Of(Deleted, ItemKind.Inode), Record(links: 0)),
        (ItemKeys.Of(0, ItemKind.Orphan, Deleted), []),
    ];

    private static ImpossibleItems Judge(List<(ItemKey Key, byte[] Value)> items)
    {
        var found = new ImpossibleItems();
        using var pages = new PageStore(PageKind.Tree, 1);
        Look(Plant(pages, items), found);
        return found;
    }

    /// <summary>As recovery does it, with the live counts.</summary>
    private static void Look(ItemTree tree, ImpossibleItems found)
    {
        var zones = new[] { Zones(0), Zones(1) };
        zones[0][JournalZone].Use = ZoneUse.Journal;
        zones[0][MetadataZone].Use = ZoneUse.Metadata;
        var rules = new ItemRules(zones, found);
        var scan = tree.Scan(ItemKey.MinValue);
        while (scan.MoveNext())
        {
            if (!rules.IsPossible(scan.Key, scan.Value) || ItemKeys.KindOf(scan.Key) is not (ItemKind.Extent or ItemKind.Promoted))
                continue;
            var extent = Extent.Read(scan.Key.Low, scan.Value);
            zones[extent.At.Device].AddLive(extent.At.Zone, extent.Count, promoted: false);
        }
        rules.Finish(tree);
    }

    private static ItemTree Plant(PageStore pages, List<(ItemKey Key, byte[] Value)> items)
    {
        var tree = new ItemTree(pages);
        foreach (var (key, value) in items)
            tree.Put(key, value);
        return tree;
    }

    private static DeviceZones Zones(int index)
    {
        var device = new ImageDevice(new ZonedGeometry { ZoneCount = 8, ZoneSize = ZoneBlocks * 4096, ZoneCapacity = ZoneBlocks * 4096 });
        var reports = device.ReportZonesAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return new DeviceZones(index, new TierDevice("tier", device), reports, deviceCount: 2);
    }

    private static byte[] Record(uint mode = FileMode.S_IFREG | 0x1A4, ulong size = 0, byte pin = 0, byte fileClass = 0, ulong parent = 1, uint links = 1)
    {
        var record = new InodeRecord { Mode = mode, Size = size, Pin = pin, Class = (FileClass)fileClass, Parent = parent, LinkCount = links };
        return MemoryMarshal.AsBytes(new ReadOnlySpan<InodeRecord>(in record)).ToArray();
    }

    private static byte[] Place(int device, int zone, uint block, uint count = 4)
    {
        var bytes = new byte[Extent.FormerEncodedBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, count);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), (uint)device << 24 | (uint)zone);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), block);
        return bytes;
    }

    private static byte[] Entry(ulong inode, string name)
    {
        var bytes = new byte[9 + name.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, inode);
        Encoding.UTF8.GetBytes(name).CopyTo(bytes.AsSpan(9));
        return bytes;
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);
}
