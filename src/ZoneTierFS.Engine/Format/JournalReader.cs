using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ZoneTierFS.Engine.Metadata;
namespace ZoneTierFS.Engine.Format;
internal ref struct JournalReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;
    private ReadOnlySpan<byte> _sums;
    public JournalTag Tag { get; private set; }
    public ItemKey Key { get; private set; }
    public ItemKey To { get; private set; }
    public ReadOnlySpan<byte> Value { get; private set; }
    public ushort Device { get; private set; }
    public uint Zone { get; private set; }
    public uint Block { get; private set; }
    private ReadOnlySpan<byte> Take(int n) { if (_rest.Length < n) throw new InvalidDataException("A journal batch ends inside a mutation."); var s = _rest[..n]; _rest = _rest[n..]; return s; }
    private ItemKey TakeKey() { var s = Take(16); return new ItemKey(BinaryPrimitives.ReadUInt64LittleEndian(s), BinaryPrimitives.ReadUInt64LittleEndian(s[8..])); }
    public bool MoveNext()
    {
        if (_rest.IsEmpty) return false;
        Tag = (JournalTag)Take(1)[0];
        switch (Tag)
        {
            case JournalTag.Put: Key = TakeKey(); Value = Take(BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case JournalTag.Delete: Key = TakeKey(); break;
            case JournalTag.DeleteRange: Key = TakeKey(); To = TakeKey(); break;
            case JournalTag.Checksums:
                Device = BinaryPrimitives.ReadUInt16LittleEndian(Take(2)); Zone = BinaryPrimitives.ReadUInt32LittleEndian(Take(4)); Block = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                _sums = Take((int)BinaryPrimitives.ReadUInt32LittleEndian(Take(4)) * 4); break;
            case JournalTag.NextZone: Zone = BinaryPrimitives.ReadUInt32LittleEndian(Take(4)); break;
            default: throw new InvalidDataException("Unknown mutation.");
        }
        return true;
    }
    public readonly uint[] ChecksumValues() => MemoryMarshal.Cast<byte, uint>(_sums).ToArray();
}
