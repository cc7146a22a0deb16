using System.Buffers.Binary;
using ZoneTierFS.Devices;
namespace ZoneTierFS.Engine.Format;
internal struct JournalBatchHeader
{
    public const int Size = 64;
    private const uint Magic = 0x424A_545A;
    public uint Checksum;
    public uint PayloadLength;
    public uint MutationCount;
    public ulong Sequence;
    public ulong Epoch;
    public readonly uint Blocks => (PayloadLength + Size + 4095) / 4096;
    public readonly void Seal(Span<byte> batch, Guid uuid)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(batch, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(batch[8..], PayloadLength);
        BinaryPrimitives.WriteUInt32LittleEndian(batch[12..], MutationCount);
        BinaryPrimitives.WriteUInt64LittleEndian(batch[16..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(batch[24..], Epoch);
        BinaryPrimitives.WriteUInt32LittleEndian(batch[4..], Crc(batch, uuid));
    }
    private static uint Crc(ReadOnlySpan<byte> batch, Guid uuid) => Crc32C.Compute(batch[8..], Crc32C.Compute(uuid.ToByteArray()));
    public readonly bool Verifies(ReadOnlySpan<byte> batch, Guid uuid) => Crc(batch, uuid) == Checksum;
    public static bool TryRead(ReadOnlySpan<byte> block, out JournalBatchHeader header)
    {
        header = default;
        if (BinaryPrimitives.ReadUInt32LittleEndian(block) != Magic) return false;
        header.Checksum = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        header.PayloadLength = BinaryPrimitives.ReadUInt32LittleEndian(block[8..]);
        header.MutationCount = BinaryPrimitives.ReadUInt32LittleEndian(block[12..]);
        header.Sequence = BinaryPrimitives.ReadUInt64LittleEndian(block[16..]);
        header.Epoch = BinaryPrimitives.ReadUInt64LittleEndian(block[24..]);
        return header.PayloadLength < 64 << 20;
    }
}
