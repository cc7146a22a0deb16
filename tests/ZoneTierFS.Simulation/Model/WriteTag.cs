using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ZoneTierFS.Simulation;

/// <summary>
/// Written bytes say who wrote them: each aligned 8-byte word of a file holds the file's number, the write's number and the word's own place, so that a
/// failure can name where wrong bytes came from.
/// </summary>
internal static class WriteTag
{
    private const int WriteBits = 20;
    private const int PlaceBits = 28;

    public static void Fill(Span<byte> data, int file, int write, long offset)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (int i = 0; i < data.Length;)
        {
            if ((offset + i) % sizeof(ulong) == 0 && data.Length - i >= sizeof(ulong))
            {
                i += FillWords(MemoryMarshal.Cast<byte, ulong>(data[i..]), file, write, (offset + i) / sizeof(ulong));
                continue;
            }

            (long place, long within) = Math.DivRem(offset + i, sizeof(ulong));
            BinaryPrimitives.WriteUInt64BigEndian(word, Encode(file, write, place));
            int length = (int)Math.Min(sizeof(ulong) - within, data.Length - i);
            word.Slice((int)within, length).CopyTo(data[i..]);
            i += length;
        }
    }

    /// <returns>Bytes filled.</returns>
    private static int FillWords(Span<ulong> words, int file, int write, long place)
    {
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReverseEndianness(Encode(file, write, place + i));
        }

        return words.Length * sizeof(ulong);
    }

    /// <summary>Says in words what lies at a place of a block.</summary>
    public static string Describe(ReadOnlySpan<byte> block, int at)
    {
        int start = at / sizeof(ulong) * sizeof(ulong);
        if (start + sizeof(ulong) > block.Length)
        {
            return $"byte 0x{block[at]:x2}";
        }

        ulong word = BinaryPrimitives.ReadUInt64BigEndian(block[start..]);
        return word == 0
            ? "zeros"
            : $"0x{word:x16} (file {word >> (WriteBits + PlaceBits)}, write {(word >> PlaceBits) & ((1 << WriteBits) - 1)}, "
              + $"block {(word & ((1 << PlaceBits) - 1)) * sizeof(ulong) / FileHistory.Block})";
    }

    private static ulong Encode(int file, int write, long place)
        => ((ulong)file << (WriteBits + PlaceBits))
           | (((ulong)write & ((1 << WriteBits) - 1)) << PlaceBits)
           | ((ulong)place & ((1 << PlaceBits) - 1));
}
