using ZoneTierFS.Devices;
using static System.Buffers.Binary.BinaryPrimitives;

namespace ZoneTierFS.Engine.Format;

/// <summary>
/// The head of a journal batch: mutations that become durable together or not at all. A batch begins on a block, and zeros fill its last block.
/// </summary>
/// <param name="PayloadLength">Bytes of mutations behind the header.</param>
/// <param name="Flags">A sum of the flags below.</param>
/// <param name="Sequence">One more than the batch before, for the volume's whole life. Against a gap or a repetition in the replay.</param>
/// <param name="Epoch">The mount that wrote it. Against batches of an earlier mount that lie behind the end of the valid ones.</param>
/// <param name="MutationCount">Mutations in the payload. Against a reader that loses its place.</param>
/// <param name="ConfirmedSequence">Batches up to this one, and the data that they point at, were durable before this one was written.</param>
internal readonly record struct JournalBatchHeader(
    int PayloadLength, uint Flags, ulong Sequence, ulong Epoch, int MutationCount, ulong ConfirmedSequence = 0)
{
    public const int Size = 64;
    public const int BlockSize = 4096;

    /// <summary>Flag: one flush was to make the batch durable together with data on its device that it points at; one may be there without the other.</summary>
    public const uint SharedFlush = 1;

    /// <summary>Longest payload, bytes: what recovery is ready to read for one batch.</summary>
    public const int PayloadBytesMax = (16 << 20) - Size;

    /// <summary>"ZTJB" as bytes.</summary>
    public const uint Magic = 0x424A_545A;

    public const int MagicOffset = 0;
    public const int CrcOffset = 4;
    public const int PayloadLengthOffset = 8;
    public const int FlagsOffset = 12;
    public const int SequenceOffset = 16;
    public const int EpochOffset = 24;
    public const int MutationCountOffset = 32;
    public const int ConfirmedSequenceOffset = 40;

    /// <summary>Bytes on media: header, payload and filling.</summary>
    public int BatchLength => (Size + PayloadLength + BlockSize - 1) / BlockSize * BlockSize;

    /// <summary>Reads a header that looks like one, to know how much to read; nothing in it is sure before <see cref="TryRead"/>.</summary>
    public static bool TryPeek(ReadOnlySpan<byte> firstBlock, out JournalBatchHeader header)
    {
        header = default;
        if (firstBlock.Length < Size || ReadUInt32LittleEndian(firstBlock[MagicOffset..]) != Magic)
            return false;
        var payloadLength = ReadUInt32LittleEndian(firstBlock[PayloadLengthOffset..]);
        var mutationCount = ReadUInt32LittleEndian(firstBlock[MutationCountOffset..]);
        if (payloadLength > PayloadBytesMax || mutationCount > payloadLength) // a mutation is a byte at least
            return false;
        header = new JournalBatchHeader(
            (int)payloadLength,
            ReadUInt32LittleEndian(firstBlock[FlagsOffset..]),
            ReadUInt64LittleEndian(firstBlock[SequenceOffset..]),
            ReadUInt64LittleEndian(firstBlock[EpochOffset..]),
            (int)mutationCount,
            ReadUInt64LittleEndian(firstBlock[ConfirmedSequenceOffset..]));
        return true;
    }

    /// <summary>True where the whole batch is there, unchanged, and of this volume.</summary>
    public static bool TryRead(ReadOnlySpan<byte> batch, Guid volume, out JournalBatchHeader header)
    {
        if (!TryPeek(batch, out header) || batch.Length < Size + header.PayloadLength)
            return false;
        return ReadUInt32LittleEndian(batch[CrcOffset..]) == Checksum(batch[..(Size + header.PayloadLength)], volume);
    }

    /// <summary>Fills the first <see cref="Size"/> bytes of a batch whose payload is in its place already.</summary>
    public void Write(Span<byte> batch, Guid volume)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)PayloadLength, (uint)PayloadBytesMax);
        batch = batch[..(Size + PayloadLength)];
        batch[..Size].Clear();
        WriteUInt32LittleEndian(batch[MagicOffset..], Magic);
        WriteUInt32LittleEndian(batch[PayloadLengthOffset..], (uint)PayloadLength);
        WriteUInt32LittleEndian(batch[FlagsOffset..], Flags);
        WriteUInt64LittleEndian(batch[SequenceOffset..], Sequence);
        WriteUInt64LittleEndian(batch[EpochOffset..], Epoch);
        WriteUInt32LittleEndian(batch[MutationCountOffset..], (uint)MutationCount);
        WriteUInt64LittleEndian(batch[ConfirmedSequenceOffset..], ConfirmedSequence);
        WriteUInt32LittleEndian(batch[CrcOffset..], Checksum(batch, volume));
    }

    // The volume's identity comes first in the checksum, so that a batch of another volume, left on the medium, never verifies.
    private static uint Checksum(ReadOnlySpan<byte> batch, Guid volume)
    {
        Span<byte> uuid = stackalloc byte[16];
        volume.TryWriteBytes(uuid, bigEndian: true, out _);
        return Crc32C.Compute(batch[PayloadLengthOffset..], Crc32C.Compute(uuid));
    }
}
