using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using ZoneTierFS.Devices;

namespace ZoneTierFS.Engine.Metadata;

/// <summary>What all metadata pages have in common: their size and the header that tells a page from damage and from any other page.</summary>
internal static class PageFormat
{
    /// <summary>Bytes of a page.</summary>
    public const int Size = 16384;

    /// <summary>Bytes before a page's own content; from <see cref="OwnOffset"/> on they belong to the kind of page.</summary>
    public const int HeaderSize = 64;

    /// <summary>"ZTPG" as bytes.</summary>
    public const uint Magic = 0x4750_545A;

    /// <summary>No page: never a valid id.</summary>
    public const uint NoId = uint.MaxValue;

    public const int CrcOffset = 0;
    public const int MagicOffset = 4;
    public const int KindOffset = 8;
    public const int LevelOffset = 10;
    public const int IdOffset = 12;
    public const int GenerationOffset = 16;
    public const int OwnOffset = 24;

    /// <summary>Fills in the header and, last, the checksum over everything behind it. The level and the content stay as they are.</summary>
    public static void Seal(Span<byte> page, PageKind kind, uint id, ulong generation)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(page.Length, Size);
        BinaryPrimitives.WriteUInt32LittleEndian(page[MagicOffset..], Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(page[KindOffset..], (ushort)kind);
        BinaryPrimitives.WriteUInt32LittleEndian(page[IdOffset..], id);
        BinaryPrimitives.WriteUInt64LittleEndian(page[GenerationOffset..], generation);
        BinaryPrimitives.WriteUInt32LittleEndian(page[CrcOffset..], Crc32C.Compute(page[MagicOffset..]));
    }

    /// <summary>True when the image is whole and is the page that was looked for; otherwise says in words what is wrong.</summary>
    public static bool TryCheck(ReadOnlySpan<byte> page, PageKind kind, uint id, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        if (page.Length != Size)
            problem = $"{page.Length} bytes are no page";
        else if (BinaryPrimitives.ReadUInt32LittleEndian(page[MagicOffset..]) != Magic)
            problem = "no page magic";
        else if (BinaryPrimitives.ReadUInt32LittleEndian(page[CrcOffset..]) != Crc32C.Compute(page[MagicOffset..]))
            problem = "checksum mismatch";
        // Whole but in the wrong place: a misdirected write, or an address table that points at a page since overwritten.
        else if (BinaryPrimitives.ReadUInt16LittleEndian(page[KindOffset..]) is var foundKind && foundKind != (ushort)kind)
            problem = $"holds a page of kind {foundKind}";
        else if (BinaryPrimitives.ReadUInt32LittleEndian(page[IdOffset..]) is var foundId && foundId != id)
            problem = $"holds page {foundId}";
        return problem is null;
    }

    /// <summary>Throws <see cref="InvalidDataException"/> unless the image is whole and is the page that was looked for.</summary>
    public static void Check(ReadOnlySpan<byte> page, PageKind kind, uint id)
    {
        if (!TryCheck(page, kind, id, out var problem))
            throw new InvalidDataException($"{kind} page {id} is damaged: {problem}.");
    }
}
