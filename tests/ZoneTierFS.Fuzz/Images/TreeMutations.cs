using System.Buffers.Binary;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Changes pages of the tree, and the items in them, so that the page still looks well-formed.</summary>
internal static class TreeMutations
{
    private const int KindMax = 9;

    /// <summary>False where there is nothing in the page.</summary>
    public static bool Change(byte[] page, SeededRandom random)
    {
        var count = Count(page);
        if (count == 0)
            return false;
        if (BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(PageFormat.LevelOffset)) > 0)
            return ChangeInner(page, count, random);
        var entry = Entry(page, random.Next(count));
        switch (random.Next(6))
        {
            case 0:
                OddValues.Change(entry.Slice(random.Pick([0, 8]), 8), random);
                Sort(page, count);
                return true;
            case 1:
                entry[0] = (byte)random.Next(KindMax); // another kind of item
                Sort(page, count);
                return true;
            case 2:
                Shorten(page, entry, random);
                return true;
            case 3:
                return Borrow(page, count, entry, random);
            default:
                OddValues.ChangeAnywhere(Value(page, entry), random);
                return true;
        }
    }

    /// <summary>An item of a leaf; false for other pages.</summary>
    public static bool TryPickItem(byte[] page, SeededRandom random, out ulong high, out ulong low, out byte[] value)
    {
        (high, low, value) = (0, 0, []);
        if (BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(PageFormat.LevelOffset)) > 0 || Count(page) == 0)
            return false;
        var entry = Entry(page, random.Next(Count(page)));
        (high, low) = (BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]));
        value = Value(page, entry).ToArray();
        return true;
    }

    /// <summary>Makes something of an item odd: inode, kind, low key, a field of its value, or the value's length.</summary>
    public static void ChangeItem(ref ulong high, ref ulong low, ref byte[] value, SeededRandom random)
    {
        for (var changes = random.Between(1, 2); changes > 0; changes--)
        {
            switch (random.Next(8))
            {
                case 0:
                    high = (random.Chance(0.5) ? OddValues.Odd(high >> 8, random) : (ulong)random.Next(60)) << 8 | (byte)high;
                    break;
                case 1:
                    high = high & ~0xFFul | (uint)random.Next(KindMax);
                    break;
                case 2:
                    low = OddValues.Odd(low, random);
                    break;
                case 3:
                    Array.Resize(ref value, random.Chance(0.5) ? random.Next(value.Length + 1) : value.Length + random.Next(9));
                    break;
                case 4:
                    (high, low, value) = ((ulong)ItemKind.Orphan, (ulong)random.Next(60), []);
                    break;
                default:
                    OddValues.ChangeAnywhere(value, random);
                    break;
            }
        }
    }

    private static int Count(byte[] page) => Math.Min(
        (int)BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(TreePage.CountOffset)), TreePage.Capacity / TreePage.EntrySize);

    private static Span<byte> Entry(byte[] page, int index) => page.AsSpan(PageFormat.HeaderSize + index * TreePage.EntrySize, TreePage.EntrySize);

    private static Span<byte> Value(byte[] page, ReadOnlySpan<byte> entry)
    {
        var (offset, length) = (BinaryPrimitives.ReadUInt16LittleEndian(entry[16..]), BinaryPrimitives.ReadUInt16LittleEndian(entry[18..]));
        return offset + length <= page.Length ? page.AsSpan(offset, length) : default;
    }

    private static bool ChangeInner(byte[] page, int count, SeededRandom random)
    {
        var entry = Entry(page, random.Next(count));
        switch (random.Next(4))
        {
            case 0:
                Entry(page, random.Next(count))[16..].CopyTo(entry[16..]); // a child of two parents
                return true;
            case 1:
                BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], (uint)random.Next(2 * count));
                return true;
            case 2:
                OddValues.Change(entry[16..], random);
                return true;
            default:
                OddValues.Change(entry.Slice(random.Pick([0, 8]), 8), random);
                return true;
        }
    }

    private static void Shorten(byte[] page, Span<byte> entry, SeededRandom random)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(entry[18..]);
        var kept = random.Next(length + 1);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[18..], (ushort)kept);
        var dead = page.AsSpan(TreePage.DeadBytesOffset);
        BinaryPrimitives.WriteUInt16LittleEndian(dead, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(dead) + length - kept));
    }

    /// <summary>A value of the page, or a part of it, in the place of another: an extent where another file's bytes lie, an entry of another inode.</summary>
    private static bool Borrow(byte[] page, int count, Span<byte> entry, SeededRandom random)
    {
        for (var tries = 0; tries < count; tries++)
        {
            var from = Entry(page, random.Next(count));
            var source = Value(page, from);
            var target = Value(page, entry);
            if (from[0] != entry[0] || source.Length != target.Length || source.SequenceEqual(target))
                continue;
            source.CopyTo(target);
            return true;
        }
        return false;
    }

    private static void Sort(byte[] page, int count)
    {
        var entries = Enumerable.Range(0, count).Select(index => Entry(page, index).ToArray())
            .OrderBy(entry => BinaryPrimitives.ReadUInt64LittleEndian(entry))
            .ThenBy(entry => BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(8))).ToArray();
        for (var i = 0; i < count; i++)
            entries[i].CopyTo(Entry(page, i));
    }
}
