using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Inspecting;

/// <summary>Items in words. What is malformed is shown as bytes.</summary>
internal static class ItemText
{
    private const int BytesShown = 64;

    public static Inspection Describe(ItemKey key, ReadOnlySpan<byte> value)
    {
        var kind = ItemKeys.KindOf(key);
        var item = new Inspection($"{(Enum.IsDefined(kind) ? kind.ToString() : $"kind {(byte)kind}")} {key.Low:x}")
            .With("key", key).With("inode", ItemKeys.InodeOf(key));
        switch (kind)
        {
            case ItemKind.Inode when value.Length == InodeRecord.EncodedSize:
                DescribeRecord(item, InodeRecord.Read(value));
                break;
            case ItemKind.Symlink:
                item.With("target", Encoding.UTF8.GetString(value));
                break;
            case ItemKind.Entry when value.Length > 9:
                item.With("name", Encoding.UTF8.GetString(value[9..])).With("names", BinaryPrimitives.ReadUInt64LittleEndian(value)).With("type", value[8]);
                break;
            case ItemKind.Extent or ItemKind.Promoted when PageMap.Is(value):
                item.With("pageMap", $"{PageMap.Blocks} blocks").With("value", Hex(value));
                break;
            case ItemKind.Extent or ItemKind.Promoted when TryExtent(key.Low, value) is { } extent:
                item.With("from", extent.FileBlock * DeviceZones.BlockSize).With("to", extent.End * DeviceZones.BlockSize)
                    .With("at", extent.At.IsLost ? "lost" : extent.At);
                break;
            case ItemKind.Xattr when value.Length > 2:
                DescribeAttribute(item, value);
                break;
            default:
                item.With("bytes", value.Length).With("value", Hex(value));
                break;
        }
        return item;
    }

    private static Extent? TryExtent(ulong fileBlock, ReadOnlySpan<byte> value)
    {
        try
        {
            return Extent.Read(fileBlock, value);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static void DescribeRecord(Inspection item, in InodeRecord record) => item
        .With("mode", Convert.ToString(record.Mode, 8)).With("size", record.Size).With("blocks", record.Blocks).With("links", record.LinkCount)
        .With("owner", $"{record.UserId}:{record.GroupId}").With("parent", record.Parent)
        .With("entryKey", record.EntryKey.ToString("x", CultureInfo.InvariantCulture))
        .With("accessTime", Time(record.AccessTime)).With("modifyTime", Time(record.ModifyTime)).With("changeTime", Time(record.ChangeTime))
        .With("deviceNumber", record.DeviceNumber).With("class", record.Class).With("reason", record.Reason).With("pin", record.Pin)
        .With("flags", record.Flags).With("generation", record.Generation);

    private static void DescribeAttribute(Inspection item, ReadOnlySpan<byte> value)
    {
        var (start, count) = value[0] == 0 ? (2, value[1]) : (1, value[0]);
        if (value.Length < start + count)
        {
            item.With("bytes", value.Length).With("value", Hex(value));
            return;
        }
        item.With("name", Encoding.UTF8.GetString(value.Slice(start, count)));
        var rest = value[(start + count)..];
        if (value[0] != 0) item.With("bytes", rest.Length).With("value", Hex(rest));
        else if (rest.Length == sizeof(uint)) item.With("bytes", BinaryPrimitives.ReadUInt32LittleEndian(rest)).With("value", "in parts");
    }

    private static string Time(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100).ToString("O", CultureInfo.InvariantCulture);

    private static string Hex(ReadOnlySpan<byte> bytes) =>
        Convert.ToHexStringLower(bytes[..Math.Min(bytes.Length, BytesShown)]) + (bytes.Length > BytesShown ? "…" : "");
}
