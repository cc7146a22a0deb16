using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZoneTierFS.Devices;

/// <summary>
/// CRC-32C (Castagnoli), the checksum of everything on media: reflected, initial value and final inversion all ones, so "123456789" gives 0xE3069283.
/// </summary>
public static class Crc32C
{
    /// <summary>Bytes that one checksum of <see cref="ComputeBlocks"/> covers.</summary>
    public const int BlockSize = 4096;

    private const int WordsPerBlock = BlockSize / sizeof(ulong);

    /// <param name="data">Any length, any alignment.</param>
    /// <param name="seed">The checksum of the bytes before <paramref name="data"/>: Compute(b, Compute(a)) is the checksum of a and b together.</param>
    public static uint Compute(ReadOnlySpan<byte> data, uint seed = 0)
    {
        var crc = ~seed;
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, LittleEndian(word));
        foreach (var rest in data[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }

    /// <summary>
    /// The checksum of each 4096-byte block. The CPU's instruction takes three cycles but can start every cycle, so four blocks are walked side by side,
    /// which is about four times as fast as one after the other.
    /// </summary>
    /// <param name="data">A multiple of <see cref="BlockSize"/> bytes.</param>
    /// <param name="checksums">Exactly one per block.</param>
    public static void ComputeBlocks(ReadOnlySpan<byte> data, Span<uint> checksums)
    {
        if (data.Length % BlockSize != 0 || data.Length / BlockSize != checksums.Length)
            throw new ArgumentException($"{checksums.Length} checksums for {data.Length} bytes: need one for every {BlockSize} bytes.", nameof(checksums));
        var block = 0;
        for (; block + 4 <= checksums.Length; block += 4)
            ComputeFour(data.Slice(block * BlockSize, 4 * BlockSize), checksums.Slice(block, 4));
        for (; block < checksums.Length; block++)
            checksums[block] = Compute(data.Slice(block * BlockSize, BlockSize));
    }

    private static void ComputeFour(ReadOnlySpan<byte> data, Span<uint> checksums)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        var a = words[..WordsPerBlock];
        var b = words.Slice(WordsPerBlock, WordsPerBlock);
        var c = words.Slice(2 * WordsPerBlock, WordsPerBlock);
        var d = words.Slice(3 * WordsPerBlock, WordsPerBlock);
        uint crcA = ~0u, crcB = ~0u, crcC = ~0u, crcD = ~0u;
        for (var i = 0; i < WordsPerBlock; i++)
        {
            crcA = BitOperations.Crc32C(crcA, LittleEndian(a[i]));
            crcB = BitOperations.Crc32C(crcB, LittleEndian(b[i]));
            crcC = BitOperations.Crc32C(crcC, LittleEndian(c[i]));
            crcD = BitOperations.Crc32C(crcD, LittleEndian(d[i]));
        }
        (checksums[0], checksums[1], checksums[2], checksums[3]) = (~crcA, ~crcB, ~crcC, ~crcD);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LittleEndian(ulong word) => BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word);
}
