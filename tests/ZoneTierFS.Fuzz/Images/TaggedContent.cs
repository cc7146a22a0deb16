using System.Runtime.InteropServices;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Bytes of files that say themselves whose they are: each sector of 512 names its inode and its place, and the rest follows from these.</summary>
internal static class TaggedContent
{
    public const int SectorBytes = 512;

    private const int WordsOfTag = 3;

    /// <param name="offset">A multiple of 512, as is the length.</param>
    /// <param name="version">Tells an overwrite from what was there before; not 0.</param>
    public static void Fill(Span<byte> bytes, ulong inode, long offset, uint version)
    {
        for (var at = 0; at < bytes.Length; at += SectorBytes)
            FillSector(MemoryMarshal.Cast<byte, ulong>(bytes.Slice(at, SectorBytes)), inode, (ulong)(offset + at) / SectorBytes, version);
    }

    /// <summary>The first offset in the bytes at which they are neither zeros nor the inode's; -1 where all are.</summary>
    /// <param name="offset">Where in the file they were read: a multiple of 512.</param>
    public static int FindForeign(ReadOnlySpan<byte> bytes, ulong inode, long offset)
    {
        Span<ulong> expected = stackalloc ulong[SectorBytes / sizeof(ulong)];
        for (var at = 0; at < bytes.Length; at += SectorBytes)
        {
            var sector = bytes.Slice(at, Math.Min(SectorBytes, bytes.Length - at));
            if (!sector.ContainsAnyExcept((byte)0))
                continue;
            // The rest of a cut sector is too short to tell its version.
            if (sector.Length < WordsOfTag * sizeof(ulong))
                continue;
            FillSector(expected, inode, (ulong)(offset + at) / SectorBytes, (uint)MemoryMarshal.Cast<byte, ulong>(sector)[2]);
            if (!sector.SequenceEqual(MemoryMarshal.AsBytes(expected)[..sector.Length]))
                return at;
        }
        return -1;
    }

    private static void FillSector(Span<ulong> words, ulong inode, ulong sector, uint version)
    {
        (words[0], words[1], words[2]) = (inode, sector, version);
        var mixed = inode * 0x9E3779B97F4A7C15 ^ sector * 0xBF58476D1CE4E5B9 ^ version;
        for (var i = WordsOfTag; i < words.Length; i++)
            words[i] = mixed = (mixed ^ mixed >> 29) * 0x94D049BB133111EB + (ulong)i;
    }
}
