using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Tests.Engine;

/// <summary>The specification's tables of items, extents and footers say what the code does.</summary>
public sealed class ItemFormatReadmeTests
{
    [Fact]
    public void Kinds_of_items_are_as_specified() =>
        Assert.Equal(Enum.GetValues<ItemKind>().Select(kind => $"{(int)kind} {kind}"), Rows("Items").Select(row => $"{row[0]} {row[1]}"));

    [Fact]
    public void The_inode_record_is_as_specified()
    {
        var fields = typeof(InodeRecord).GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(field => $"{field.GetCustomAttribute<FieldOffsetAttribute>()!.Value} {field.Name}");
        Assert.Equal(Gapless("Inode record", InodeRecord.EncodedSize).Select(row => $"{row[0]} {row[2]}"), fields);
    }

    [Theory]
    [InlineData(0x01020304, 11)]
    [InlineData(0x020304, 10)]
    [InlineData(0x0304, 9)]
    [InlineData(0xFF, 8)]
    public void An_extent_is_as_specified(uint count, int length)
    {
        var bytes = new byte[Extent.EncodedBytesMax];
        var extent = new Extent(9, count, new Location(0x05, 0x060708, 0x0A0B0C));
        Assert.Equal(length, extent.Write(bytes));
        var expected = new Dictionary<string, ulong> { ["Count"] = count, ["Zone"] = 0x060708, ["Device"] = 0x05, ["Block"] = 0x0A0B0C };
        foreach (var row in Gapless("Extent", Extent.EncodedBytesMax)) Assert.Equal(expected[row[2]], Number(bytes, row));
        Assert.Equal(extent, Extent.Read(9, bytes.AsSpan(0, length)));
    }

    [Fact]
    public void A_former_extent_is_read_as_specified()
    {
        var bytes = Convert.FromHexString("04030201" + "080706" + "05" + "0C0B0A00" + "00000000");
        var extent = Extent.Read(9, bytes);
        var expected = new Dictionary<string, ulong>
        {
            ["Count"] = extent.Count, ["Zone"] = (ulong)extent.At.Zone, ["Device"] = (ulong)extent.At.Device, ["Block"] = extent.At.Block,
        };
        foreach (var row in Gapless("Former extent", Extent.FormerEncodedBytes)) Assert.Equal(expected[row[2]], Number(bytes, row));
        Assert.Equal(new Extent(9, 0x01020304, new Location(0x05, 0x060708, 0x0A0B0C)), extent);
    }

    [Theory]
    [InlineData("")]
    [InlineData("01020304050607")]
    [InlineData("0102030405060700")]
    [InlineData("010203040506070809101112")]
    [InlineData("00000000010203040506070800000000")]
    public void What_is_no_extent_is_refused(string value) =>
        Assert.Throws<InvalidDataException>(() => Extent.Read(0, Convert.FromHexString(value)));

    [Fact]
    public void The_zone_footer_is_as_specified()
    {
        ReverseEntry[] entries = [new(11, 12, 13, 14), new(21, 22, 23, 24)];
        using var footer = ZoneFooter.Build(entries, zone: 77, blocks: 2);
        var bytes = footer.GetSpan().ToArray();
        var trailer = bytes[^ZoneFooter.TrailerSize..];
        var expected = new Dictionary<string, ulong>
        {
            ["Magic"] = BitConverter.ToUInt64(Encoding.ASCII.GetBytes("ZTRMPT01")), ["Zone"] = 77, ["Entries"] = 2, ["Blocks"] = 2,
            ["Crc"] = Crc32C.Compute(bytes.AsSpan(0, bytes.Length - ZoneFooter.TrailerSize + 20)),
            ["Inode"] = 21, ["FileBlock"] = 22, ["ZoneBlock"] = 23, ["Count"] = 24,
        };
        foreach (var row in Gapless("Footer trailer", ZoneFooter.TrailerSize)) Assert.Equal(expected[row[2]], Number(trailer, row));
        foreach (var row in Gapless("Footer entry", ZoneFooter.EntrySize)) Assert.Equal(expected[row[2]], Number(bytes[ZoneFooter.EntrySize..], row));
        Assert.Equal(entries, ZoneFooter.TryRead(bytes));
        Assert.Equal(2, ZoneFooter.BlocksOf(bytes.AsSpan(4096), 77));
    }

    [Fact]
    public void A_footer_of_another_zone_or_with_a_changed_byte_is_none()
    {
        using var footer = ZoneFooter.Build([new(11, 12, 13, 14)], zone: 77, blocks: 1);
        var bytes = footer.GetSpan().ToArray();
        Assert.Equal(0, ZoneFooter.BlocksOf(bytes, 78));
        bytes[3] ^= 1;
        Assert.Null(ZoneFooter.TryRead(bytes));
    }

    [Fact]
    public void Numbers_in_the_text_are_the_code_s()
    {
        Assert.Equal(4080, BlockChecksums.PerPage);
        Assert.Equal(96, InodeRecord.EncodedSize);
        Assert.Equal((512, 5, 2560), (PageMap.Blocks, PageMap.EntryBytes, PageMap.Bytes));
        Assert.Equal((1ul << 40) - 1, BlockNumbers.TotalMax);
        Assert.Equal(256, NameKey.SlotsMax);
        Assert.Equal(1ul, ZoneTierFS.Engine.Volume.RootInode);
    }

    private static ulong Number(byte[] bytes, string[] row)
    {
        var number = 0ul;
        var offset = int.Parse(row[0], CultureInfo.InvariantCulture);
        for (var i = int.Parse(row[1], CultureInfo.InvariantCulture) - 1; i >= 0; i--) number = number << 8 | bytes[offset + i];
        return number;
    }

    /// <summary>The rows of a structure in which every byte has its row, without those that are reserved.</summary>
    private static List<string[]> Gapless(string section, int size)
    {
        var rows = Rows(section).ToList();
        var next = 0;
        foreach (var row in rows)
        {
            Assert.Equal(next, int.Parse(row[0], CultureInfo.InvariantCulture));
            next += int.Parse(row[1], CultureInfo.InvariantCulture);
        }
        Assert.Equal(size, next);
        return [.. rows.Where(row => row[2] != "reserved")];
    }

    private static IEnumerable<string[]> Rows(string section) =>
        File.ReadLines(EngineReadmeTests.PathOf("Format/README.md"))
            .SkipWhile(line => !line.StartsWith('#') || line.TrimStart('#', ' ') != section).Skip(1).TakeWhile(line => !line.StartsWith('#'))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiDigit(line[2]))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));
}
