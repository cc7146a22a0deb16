using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ZoneTierFS.Engine.Metadata;
namespace ZoneTierFS.Engine.Format;
internal sealed class JournalWriter
{
    private byte[] _bytes = new byte[4096];
    public int Length { get; private set; }
    public int Count { get; private set; }
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);
    public void Clear() => (Length, Count) = (0, 0);
    private Span<byte> Take(JournalTag tag, int size)
    {
        if (Length + size + 1 > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + size + 1));
        _bytes[Length] = (byte)tag;
        var span = _bytes.AsSpan(Length + 1, size);
        Length += size + 1;
        Count++;
        return span;
    }
    private static void Key(Span<byte> s, ItemKey k) { BinaryPrimitives.WriteUInt64LittleEndian(s, k.High); BinaryPrimitives.WriteUInt64LittleEndian(s[8..], k.Low); }
    public void Put(ItemKey key, ReadOnlySpan<byte> value) { var s = Take(JournalTag.Put, 18 + value.Length); Key(s, key); BinaryPrimitives.WriteUInt16LittleEndian(s[16..], (ushort)value.Length); value.CopyTo(s[18..]); }
    public void Delete(ItemKey key) => Key(Take(JournalTag.Delete, 16), key);
    public void DeleteRange(ItemKey from, ItemKey to) { var s = Take(JournalTag.DeleteRange, 32); Key(s, from); Key(s[16..], to); }
    public void Checksums(ushort device, uint zone, uint block, ReadOnlySpan<uint> values)
    {
        var s = Take(JournalTag.Checksums, 14 + values.Length * 4);
        BinaryPrimitives.WriteUInt16LittleEndian(s, device); BinaryPrimitives.WriteUInt32LittleEndian(s[2..], zone); BinaryPrimitives.WriteUInt32LittleEndian(s[6..], block); BinaryPrimitives.WriteUInt32LittleEndian(s[10..], (uint)values.Length);
        MemoryMarshal.AsBytes(values).CopyTo(s[14..]);
    }
    public void NextZone(uint zone) => BinaryPrimitives.WriteUInt32LittleEndian(Take(JournalTag.NextZone, 4), zone);
}
