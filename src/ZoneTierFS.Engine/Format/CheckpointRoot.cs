using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using ZoneTierFS.Engine.Metadata;
namespace ZoneTierFS.Engine.Format;
internal sealed record CheckpointRoot
{
    public Guid Uuid { get; init; }
    public ulong Generation { get; init; }
    public uint JournalZone { get; init; }
    public uint JournalBlock { get; init; }
    public ulong JournalSequence { get; init; }
    public ulong JournalEpoch { get; init; }
    public ulong NextInode { get; init; }
    public uint TreeRoot { get; init; }
    public ulong TreeItems { get; init; }
    public uint TreePages { get; init; }
    public uint ChecksumPages { get; init; }
    public IReadOnlyList<PageAddress> TreeTable { get; init; } = [];
    public IReadOnlyList<PageAddress> ChecksumTable { get; init; } = [];
    public void Write(Span<byte> page)
    {
        page.Clear();
        var s = page[PageFormat.HeaderSize..];
        Uuid.TryWriteBytes(s);
        BinaryPrimitives.WriteUInt64LittleEndian(s[16..], Generation);
        BinaryPrimitives.WriteUInt32LittleEndian(s[24..], JournalZone);
        BinaryPrimitives.WriteUInt32LittleEndian(s[28..], JournalBlock);
        BinaryPrimitives.WriteUInt64LittleEndian(s[32..], JournalSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(s[40..], JournalEpoch);
        BinaryPrimitives.WriteUInt64LittleEndian(s[48..], NextInode);
        BinaryPrimitives.WriteUInt64LittleEndian(s[56..], TreeItems);
        BinaryPrimitives.WriteUInt32LittleEndian(s[64..], TreeRoot);
        BinaryPrimitives.WriteUInt32LittleEndian(s[68..], TreePages);
        BinaryPrimitives.WriteUInt32LittleEndian(s[72..], ChecksumPages);
        BinaryPrimitives.WriteInt32LittleEndian(s[76..], TreeTable.Count);
        BinaryPrimitives.WriteInt32LittleEndian(s[80..], ChecksumTable.Count);
        var at = s[88..];
        foreach (var a in TreeTable.Concat(ChecksumTable)) { BinaryPrimitives.WriteUInt32LittleEndian(at, a.Zone); BinaryPrimitives.WriteUInt32LittleEndian(at[4..], a.Block); at = at[8..]; }
        PageFormat.Seal(page, PageKind.CheckpointRoot, 0, Generation);
    }
    public static bool TryRead(ReadOnlySpan<byte> page, Guid uuid, [NotNullWhen(true)] out CheckpointRoot? root)
    {
        root = null;
        if (!PageFormat.TryCheck(page, PageKind.CheckpointRoot, 0, out _)) return false;
        var s = page[PageFormat.HeaderSize..];
        if (new Guid(s[..16]) != uuid) return false;
        PageAddress[] Read(ReadOnlySpan<byte> s, int from, int count)
        {
            var list = new PageAddress[count];
            for (var i = 0; i < count; i++) list[i] = new PageAddress(BinaryPrimitives.ReadUInt32LittleEndian(s[(88 + (from + i) * 8)..]), BinaryPrimitives.ReadUInt32LittleEndian(s[(92 + (from + i) * 8)..]));
            return list;
        }
        var trees = BinaryPrimitives.ReadInt32LittleEndian(s[76..]);
        var sums = BinaryPrimitives.ReadInt32LittleEndian(s[80..]);
        root = new CheckpointRoot
        {
            Uuid = uuid, Generation = BinaryPrimitives.ReadUInt64LittleEndian(s[16..]), JournalZone = BinaryPrimitives.ReadUInt32LittleEndian(s[24..]), JournalBlock = BinaryPrimitives.ReadUInt32LittleEndian(s[28..]),
            JournalSequence = BinaryPrimitives.ReadUInt64LittleEndian(s[32..]), JournalEpoch = BinaryPrimitives.ReadUInt64LittleEndian(s[40..]), NextInode = BinaryPrimitives.ReadUInt64LittleEndian(s[48..]),
            TreeItems = BinaryPrimitives.ReadUInt64LittleEndian(s[56..]), TreeRoot = BinaryPrimitives.ReadUInt32LittleEndian(s[64..]), TreePages = BinaryPrimitives.ReadUInt32LittleEndian(s[68..]),
            ChecksumPages = BinaryPrimitives.ReadUInt32LittleEndian(s[72..]), TreeTable = Read(s, 0, trees), ChecksumTable = Read(s, trees, sums),
        };
        return true;
    }
}
