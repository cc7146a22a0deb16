using System.Buffers.Binary;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Makes the checksums of changed structures right again.</summary>
internal static class Seals
{
    private const int FooterTrailer = ZoneFooter.TrailerSize;
    private const int FooterCrcFromEnd = FooterTrailer - 20;

    /// <param name="bytes">The structure's blocks, all of them.</param>
    public static void Seal(PartKind kind, Span<byte> bytes, Guid uuid)
    {
        switch (kind)
        {
            case PartKind.Superblock:
                Put(bytes, Superblock.CrcOffset, Crc32C.Compute(bytes[Superblock.FormatVersionOffset..Superblock.Size]));
                break;
            case PartKind.Page:
                Put(bytes, PageFormat.CrcOffset, Crc32C.Compute(bytes[PageFormat.MagicOffset..PageFormat.Size]));
                break;
            case PartKind.Batch:
                SealBatch(bytes, uuid);
                break;
            case PartKind.Footer:
                Put(bytes, bytes.Length - FooterCrcFromEnd, Crc32C.Compute(bytes[..^FooterCrcFromEnd]));
                break;
        }
    }

    private static void SealBatch(Span<byte> bytes, Guid uuid)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[JournalBatchHeader.PayloadLengthOffset..]);
        if (length > bytes.Length - JournalBatchHeader.Size)
            return; // what would be summed up is not all there
        Span<byte> volume = stackalloc byte[16];
        uuid.TryWriteBytes(volume, bigEndian: true, out _);
        var summed = bytes[JournalBatchHeader.PayloadLengthOffset..(JournalBatchHeader.Size + (int)length)];
        Put(bytes, JournalBatchHeader.CrcOffset, Crc32C.Compute(summed, Crc32C.Compute(volume)));
    }

    private static void Put(Span<byte> bytes, int at, uint crc) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], crc);
}
