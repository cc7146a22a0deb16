using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Metadata;
namespace ZoneTierFS.Engine.Format;
internal sealed record Superblock
{
    public const int Size = 4096;
    public const int Version = 1;
    private const ulong Magic = 0x5250_5553_5346_545A;
    public Guid Uuid { get; init; }
    public int DeviceIndex { get; init; }
    public int DeviceCount { get; init; }
    public string Tier { get; init; } = "";
    public int ZoneCount { get; init; }
    public long ZoneSize { get; init; }
    public long ZoneCapacity { get; init; }
    public ulong Generation { get; init; }
    public PageAddress Root { get; init; } = PageAddress.None;
    public void Write(Span<byte> into)
    {
        into.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(into[4..], Magic);
        BinaryPrimitives.WriteInt32LittleEndian(into[12..], Version);
        Uuid.TryWriteBytes(into[16..]);
        BinaryPrimitives.WriteInt32LittleEndian(into[32..], DeviceIndex);
        BinaryPrimitives.WriteInt32LittleEndian(into[36..], DeviceCount);
        Encoding.UTF8.GetBytes(Tier, into[40..56]);
        BinaryPrimitives.WriteInt32LittleEndian(into[56..], ZoneCount);
        BinaryPrimitives.WriteInt64LittleEndian(into[64..], ZoneSize);
        BinaryPrimitives.WriteInt64LittleEndian(into[72..], ZoneCapacity);
        BinaryPrimitives.WriteUInt64LittleEndian(into[80..], Generation);
        BinaryPrimitives.WriteUInt32LittleEndian(into[88..], Root.Zone);
        BinaryPrimitives.WriteUInt32LittleEndian(into[92..], Root.Block);
        BinaryPrimitives.WriteUInt32LittleEndian(into, Crc32C.Compute(into[4..Size]));
    }
    public static bool TryRead(ReadOnlySpan<byte> from, [NotNullWhen(true)] out Superblock? superblock, out SuperblockProblem problem)
    {
        superblock = null;
        if (BinaryPrimitives.ReadUInt64LittleEndian(from[4..]) != Magic) { problem = SuperblockProblem.NotSuperblock; return false; }
        if (BinaryPrimitives.ReadUInt32LittleEndian(from) != Crc32C.Compute(from[4..Size])) { problem = SuperblockProblem.Damaged; return false; }
        if (BinaryPrimitives.ReadInt32LittleEndian(from[12..]) > Version) { problem = SuperblockProblem.Newer; return false; }
        problem = SuperblockProblem.None;
        superblock = new Superblock
        {
            Uuid = new Guid(from.Slice(16, 16)), DeviceIndex = BinaryPrimitives.ReadInt32LittleEndian(from[32..]), DeviceCount = BinaryPrimitives.ReadInt32LittleEndian(from[36..]),
            Tier = Encoding.UTF8.GetString(from[40..56]).TrimEnd('\0'), ZoneCount = BinaryPrimitives.ReadInt32LittleEndian(from[56..]),
            ZoneSize = BinaryPrimitives.ReadInt64LittleEndian(from[64..]), ZoneCapacity = BinaryPrimitives.ReadInt64LittleEndian(from[72..]),
            Generation = BinaryPrimitives.ReadUInt64LittleEndian(from[80..]),
            Root = new PageAddress(BinaryPrimitives.ReadUInt32LittleEndian(from[88..]), BinaryPrimitives.ReadUInt32LittleEndian(from[92..])),
        };
        return true;
    }
}
