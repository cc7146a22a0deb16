using System.Buffers.Binary;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Puts numbers in the place of others where code is likely to stumble: at the ends of types and ranges, and next to what was there.</summary>
internal static class OddValues
{
    private static readonly ulong[] s_edges =
    [
        0, 1, 2, 3, 7, 8, 63, 64, 255, 256, 4095, 4096, 16383, 16384, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0xFFFFFF, 0x1000000, int.MaxValue, 0x80000000,
        uint.MaxValue, 1ul << 32, (1ul << 52) - 4096, (1ul << 52) - 1, 1ul << 52, (1ul << 56) - 2, (1ul << 56) - 1, 1ul << 56, long.MaxValue, 1ul << 63,
        ulong.MaxValue - 1, ulong.MaxValue,
    ];

    /// <summary>Changes a number of 1, 2, 4 or 8 bytes somewhere in the bytes.</summary>
    public static void ChangeAnywhere(Span<byte> bytes, SeededRandom random)
    {
        var width = random.Pick([1, 2, 4, 8]);
        if (bytes.Length < width)
            return;
        // Fields lie on multiples of their width, but for journals, where nothing is aligned.
        var at = random.Next(bytes.Length - width + 1);
        Change(bytes.Slice(random.Chance(0.7) ? at / width * width : at, width), random);
    }

    /// <summary>Changes the little-endian number of 1, 2, 4 or 8 bytes.</summary>
    public static void Change(Span<byte> number, SeededRandom random)
    {
        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        wide.Clear();
        number.CopyTo(wide);
        BinaryPrimitives.WriteUInt64LittleEndian(wide, Odd(BinaryPrimitives.ReadUInt64LittleEndian(wide), random));
        wide[..number.Length].CopyTo(number);
    }

    public static ulong Odd(ulong old, SeededRandom random) => random.Next(7) switch
    {
        0 => old + 1,
        1 => old - 1,
        2 => old ^ 1ul << random.Next(64),
        3 => old + (ulong)random.Next(1000) - 500,
        4 => random.NextUInt64() >> random.Next(64),
        _ => random.Pick(s_edges),
    };
}
