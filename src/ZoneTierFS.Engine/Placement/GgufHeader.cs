using System.Buffers.Binary;

namespace ZoneTierFS.Engine.Placement;

/// <summary>Reads as much of a GGUF file's metadata as its first bytes hold. Truncated or nonsensical metadata is not an error: it just says nothing.</summary>
internal static class GgufHeader
{
    private const int MetadataOffset = 24; // magic, version (u32), tensor count (u64), metadata count (u64)
    private const uint TypeString = 8;
    private const uint TypeArray = 9;

    /// <summary>Whether <c>general.type</c> is <c>adapter</c>, which is how a LoRA says that it is no whole model.</summary>
    public static bool IsAdapter(ReadOnlySpan<byte> head)
    {
        if (head.Length < MetadataOffset)
        {
            return false;
        }
        ulong pairs = BinaryPrimitives.ReadUInt64LittleEndian(head[16..]);
        ReadOnlySpan<byte> rest = head[MetadataOffset..];
        // Each pair takes at least a length and a type, so the loop ends with the head, whatever the count claims.
        for (ulong i = 0; i < pairs; i++)
        {
            if (!TryTakeString(ref rest, out ReadOnlySpan<byte> key) || !TryTakeUInt32(ref rest, out uint type))
            {
                return false;
            }
            if (key.SequenceEqual("general.type"u8))
            {
                return type == TypeString && TryTakeString(ref rest, out ReadOnlySpan<byte> value) && value.SequenceEqual("adapter"u8);
            }
            if (!TrySkipValue(ref rest, type))
            {
                return false;
            }
        }
        return false;
    }

    private static bool TrySkipValue(ref ReadOnlySpan<byte> rest, uint type)
    {
        if (type == TypeString)
        {
            return TryTakeString(ref rest, out _);
        }
        if (type != TypeArray)
        {
            return TrySkip(ref rest, SizeOf(type));
        }
        if (!TryTakeUInt32(ref rest, out uint element) || !TryTakeUInt64(ref rest, out ulong count))
        {
            return false;
        }
        if (element != TypeString)
        {
            return count <= int.MaxValue && TrySkip(ref rest, (long)count * SizeOf(element));
        }
        for (ulong i = 0; i < count; i++)
        {
            if (!TryTakeString(ref rest, out _))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Bytes of a value of fixed size, or -1 for what has none.</summary>
    private static int SizeOf(uint type) => type switch
    {
        0 or 1 or 7 => 1,
        2 or 3 => 2,
        4 or 5 or 6 => 4,
        10 or 11 or 12 => 8,
        _ => -1,
    };

    private static bool TrySkip(ref ReadOnlySpan<byte> rest, long bytes)
    {
        if (bytes < 0 || bytes > rest.Length)
        {
            return false;
        }
        rest = rest[(int)bytes..];
        return true;
    }

    private static bool TryTakeString(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!TryTakeUInt64(ref rest, out ulong length) || length > (ulong)rest.Length)
        {
            return false;
        }
        text = rest[..(int)length];
        rest = rest[(int)length..];
        return true;
    }

    private static bool TryTakeUInt32(ref ReadOnlySpan<byte> rest, out uint value)
    {
        bool whole = BinaryPrimitives.TryReadUInt32LittleEndian(rest, out value);
        rest = whole ? rest[sizeof(uint)..] : rest;
        return whole;
    }

    private static bool TryTakeUInt64(ref ReadOnlySpan<byte> rest, out ulong value)
    {
        bool whole = BinaryPrimitives.TryReadUInt64LittleEndian(rest, out value);
        rest = whole ? rest[sizeof(ulong)..] : rest;
        return whole;
    }
}
