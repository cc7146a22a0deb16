using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ZoneTierFS.Engine.Metadata;

/// <summary>
/// A page of the tree: a directory of entries in key order that grows up from the header, and, in a leaf, values that grow down from the page's end.
/// An entry is a key (16 bytes) and either where the value lies (leaf: offset, length) or a child's id (inner page). A child holds the items from its key
/// on; an inner page's first key is always the lowest of all, so that its first child takes whatever comes to the page. Whether a new entry fits is its
/// caller's to check.
/// </summary>
internal readonly unsafe struct TreePage(byte* page)
{
    public const int EntrySize = 20;
    public const int Capacity = PageFormat.Size - PageFormat.HeaderSize;

    /// <summary>Highest level of an inner page; leaves are level 0. Inner pages split in halves of 400, so real trees stay below 5.</summary>
    public const int LevelMax = 7;

    public const int CountOffset = PageFormat.OwnOffset;
    public const int HeapStartOffset = PageFormat.OwnOffset + 2;
    public const int DeadBytesOffset = PageFormat.OwnOffset + 4;
    public const int LastInsertOffset = PageFormat.OwnOffset + 6;
    public const int AscendingRunOffset = PageFormat.OwnOffset + 8;

    public int Level => *(ushort*)(page + PageFormat.LevelOffset);

    public int Count
    {
        get => *(ushort*)(page + CountOffset);
        private set => *(ushort*)(page + CountOffset) = (ushort)value;
    }

    /// <summary>Bytes taken by entries and values.</summary>
    public int UsedBytes => Count * EntrySize + PageFormat.Size - HeapStart - DeadBytes;

    /// <summary>Bytes for new entries and values, after compaction if need be.</summary>
    public int FreeBytes => Capacity - UsedBytes;

    // Where the lowest value begins.
    private int HeapStart
    {
        get => *(ushort*)(page + HeapStartOffset);
        set => *(ushort*)(page + HeapStartOffset) = (ushort)value;
    }

    // Bytes between HeapStart and the page's end that belong to no value any more.
    private int DeadBytes
    {
        get => *(ushort*)(page + DeadBytesOffset);
        set => *(ushort*)(page + DeadBytesOffset) = (ushort)value;
    }

    // Hints for the split: where the last entry was put in, and how many before it were each put right behind their predecessor.
    private int LastInsert
    {
        get => *(ushort*)(page + LastInsertOffset);
        set => *(ushort*)(page + LastInsertOffset) = (ushort)value;
    }

    private int AscendingRun
    {
        get => *(ushort*)(page + AscendingRunOffset);
        set => *(ushort*)(page + AscendingRunOffset) = (ushort)Math.Min(value, ushort.MaxValue);
    }

    /// <summary>Makes a zeroed page an empty tree page.</summary>
    public void Initialize(int level)
    {
        *(ushort*)(page + PageFormat.LevelOffset) = (ushort)level;
        HeapStart = PageFormat.Size;
    }

    public ItemKey Key(int index)
    {
        var entry = (ulong*)Entry(index);
        return new ItemKey(entry[0], entry[1]);
    }

    public ReadOnlySpan<byte> Value(int index)
    {
        var entry = Entry(index);
        return new ReadOnlySpan<byte>(page + Offset(entry), Length(entry));
    }

    /// <summary>Whether the bytes lie in this page.</summary>
    public bool Holds(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
            return first >= page && first < page + PageFormat.Size;
    }

    public uint Child(int index) => *(uint*)(Entry(index) + 16);

    /// <summary>Index of the first entry whose key is not below this one; <see cref="Count"/> where all are.</summary>
    public int LowerBound(ItemKey key)
    {
        int low = 0, rest = Count;
        var first = page + PageFormat.HeaderSize;
        while (rest > 0)
        {
            var half = rest >> 1;
            var entry = (ulong*)(first + (low + half) * EntrySize);
            if (entry[0] < key.High || (entry[0] == key.High && entry[1] < key.Low))
            {
                low += half + 1;
                rest -= half + 1;
            }
            else
            {
                rest = half;
            }
        }
        return low;
    }

    /// <summary>Index of the child whose range holds the key: the last whose own key is not above it.</summary>
    public int ChildIndex(ItemKey key)
    {
        var index = LowerBound(key);
        return index < Count && Key(index) == key ? index : index - 1;
    }

    public void SetKey(int index, ItemKey key)
    {
        var entry = (ulong*)Entry(index);
        entry[0] = key.High;
        entry[1] = key.Low;
    }

    /// <summary>Puts an item into a leaf.</summary>
    public void InsertItem(int index, ItemKey key, ReadOnlySpan<byte> value)
    {
        MakeRoom(EntrySize + value.Length);
        NoteInsert(index);
        OpenEntry(index, key);
        StoreValue(Entry(index), value);
    }

    /// <summary>Puts a child into an inner page.</summary>
    public void InsertChild(int index, ItemKey key, uint child)
    {
        MakeRoom(EntrySize);
        NoteInsert(index);
        OpenEntry(index, key);
        *(uint*)(Entry(index) + 16) = child;
    }

    /// <summary>Replaces an item's value; there must be room for what it grows by.</summary>
    public void ReplaceValue(int index, ReadOnlySpan<byte> value)
    {
        var entry = Entry(index);
        var oldLength = Length(entry);
        if (value.Length <= oldLength)
        {
            value.CopyTo(new Span<byte>(page + Offset(entry), value.Length));
            SetPlace(entry, Offset(entry), value.Length);
            DeadBytes += oldLength - value.Length;
            return;
        }
        SetPlace(entry, PageFormat.Size, 0); // or compaction would keep the old value
        DeadBytes += oldLength;
        MakeRoom(value.Length);
        StoreValue(entry, value);
    }

    /// <summary>Overwrites bytes inside an item's value.</summary>
    public void PatchValue(int index, int offset, ReadOnlySpan<byte> bytes) =>
        bytes.CopyTo(new Span<byte>(page + Offset(Entry(index)), Length(Entry(index)))[offset..]);

    /// <summary>Removes the entries from one index up to, not including, another.</summary>
    public void RemoveRange(int from, int to)
    {
        if (Level == 0)
        {
            for (var i = from; i < to; i++)
                DeadBytes += Length(Entry(i));
        }
        new Span<byte>(Entry(to), (Count - to) * EntrySize).CopyTo(new Span<byte>(Entry(from), (Count - to) * EntrySize));
        Count -= to - from;
        if (Count == 0)
            (HeapStart, DeadBytes) = (PageFormat.Size, 0);
    }

    /// <summary>Moves the entries from an index on to the end of another page of the same level.</summary>
    public void MoveTail(int from, TreePage target)
    {
        var first = target.Count;
        target.MakeRoom(BytesOf(from, Count));
        new Span<byte>(Entry(from), (Count - from) * EntrySize).CopyTo(new Span<byte>(target.Entry(first), (Count - from) * EntrySize));
        target.Count += Count - from;
        if (Level == 0)
        {
            for (var i = from; i < Count; i++)
                target.StoreValue(target.Entry(first + i - from), Value(i));
        }
        RemoveRange(from, Count);
    }

    /// <summary>Moves a leaf's first entries, not all of them, to the end of another.</summary>
    public void MoveHead(int count, TreePage target)
    {
        target.MakeRoom(BytesOf(0, count));
        var first = target.Count;
        new Span<byte>(Entry(0), count * EntrySize).CopyTo(new Span<byte>(target.Entry(first), count * EntrySize));
        target.Count += count;
        for (var i = 0; i < count; i++)
            target.StoreValue(target.Entry(first + i), Value(i));
        var last = LastInsert - count;
        RemoveRange(0, count);
        // The run goes on where its last entry is now.
        if (last >= 0)
            LastInsert = last;
        else
            (target.LastInsert, target.AscendingRun, AscendingRun) = (target.Count + last, AscendingRun, 0);
    }

    /// <summary>Moves a leaf's entries from an index on, which is not the first, to the beginning of another.</summary>
    public void MoveTailBefore(int from, TreePage target)
    {
        var count = Count - from;
        target.MakeRoom(BytesOf(from, Count));
        new Span<byte>(target.Entry(0), target.Count * EntrySize).CopyTo(new Span<byte>(target.Entry(count), target.Count * EntrySize));
        new Span<byte>(Entry(from), count * EntrySize).CopyTo(new Span<byte>(target.Entry(0), count * EntrySize));
        target.Count += count;
        target.LastInsert += count;
        for (var i = 0; i < count; i++)
            target.StoreValue(target.Entry(i), Value(from + i));
        RemoveRange(from, Count);
    }

    /// <summary>How many of a leaf's first or last entries make up at most so many bytes, and how many bytes that is.</summary>
    /// <param name="max">Entries, at most.</param>
    public int CountWithin(int bytes, int max, bool fromEnd, out int counted)
    {
        counted = 0;
        for (var count = 0; count < max; count++)
        {
            var next = BytesOf(fromEnd ? Count - 1 - count : count);
            if (counted + next > bytes)
                return count;
            counted += next;
        }
        return max;
    }

    /// <summary>Whether an entry at an index would go on with a run of inserts, each right behind the one before.</summary>
    public bool IsAscending(int index) => index == LastInsert + 1 && AscendingRun > 0;

    /// <summary>
    /// Where to split a page that a new entry does not fit into: how many entries, counted with the new one in its place, stay in the left page.
    /// Both pages then have room, because an entry with its value is at most a third of a page.
    /// </summary>
    /// <param name="index">Where the new entry belongs.</param>
    /// <param name="newBytes">Its size with its value.</param>
    /// <param name="atTreeEnd">Nothing lies to the right of this page.</param>
    public int SplitPoint(int index, int newBytes, bool atTreeEnd)
    {
        // An ascending run (a growing file) leaves full pages behind: it parts once from what lies to its right and goes on in the left page.
        if (IsAscending(index))
            return BytesOf(0, index) + newBytes <= Capacity ? index + 1 : index;
        // Several runs that interleave at the tree's end (the newest inodes) get room for a while, others get the middle.
        var limit = atTreeEnd && index >= Count - Count / 8 ? Capacity / 8 * 7 : (UsedBytes + newBytes) / 2;
        for (int left = 0, bytes = 0; left <= Count; left++)
        {
            bytes += left == index ? newBytes : BytesOf(left < index ? left : left - 1);
            if (bytes > limit)
                return left;
        }
        return Count;
    }

    /// <summary>Whether every offset, length and key in an image can be used unseen; if not, says in words what is wrong.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> image, [NotNullWhen(false)] out string? problem)
    {
        fixed (byte* bytes = image)
            problem = new TreePage(bytes).FindProblem();
        return problem is null;
    }

    private string? FindProblem()
    {
        if (Level > LevelMax)
            return $"level {Level}";
        if (HeapStart > PageFormat.Size || PageFormat.HeaderSize + Count * EntrySize > HeapStart)
            return $"{Count} entries and values from {HeapStart} on do not fit";
        if (Level > 0 && (Count == 0 || HeapStart != PageFormat.Size || DeadBytes != 0))
            return "an inner page without children or with values";
        if (Level > 0 && Key(0) != ItemKey.MinValue)
            return "an inner page's first key is not the lowest";
        var valueBytes = DeadBytes;
        for (var i = 0; i < Count; i++)
        {
            if (i > 0 && Key(i) <= Key(i - 1))
                return $"key {i} is out of order";
            if (Level > 0)
                continue;
            var entry = Entry(i);
            if (Offset(entry) < HeapStart || Offset(entry) + Length(entry) > PageFormat.Size)
                return $"value {i} lies outside the page's values";
            valueBytes += Length(entry);
        }
        return Level == 0 && valueBytes != PageFormat.Size - HeapStart ? $"values make up {valueBytes} bytes of {PageFormat.Size - HeapStart}" : null;
    }

    private int BytesOf(int index) => EntrySize + (Level == 0 ? Length(Entry(index)) : 0);

    private int BytesOf(int from, int to)
    {
        var bytes = 0;
        for (var i = from; i < to; i++)
            bytes += BytesOf(i);
        return bytes;
    }

    private byte* Entry(int index) => page + PageFormat.HeaderSize + index * EntrySize;

    private static int Offset(byte* entry) => *(ushort*)(entry + 16);

    private static int Length(byte* entry) => *(ushort*)(entry + 18);

    private static void SetPlace(byte* entry, int offset, int length)
    {
        *(ushort*)(entry + 16) = (ushort)offset;
        *(ushort*)(entry + 18) = (ushort)length;
    }

    private void NoteInsert(int index)
    {
        AscendingRun = index == LastInsert + 1 ? AscendingRun + 1 : 0;
        LastInsert = index;
    }

    private void OpenEntry(int index, ItemKey key)
    {
        new Span<byte>(Entry(index), (Count - index) * EntrySize).CopyTo(new Span<byte>(Entry(index + 1), (Count - index) * EntrySize));
        Count++;
        SetKey(index, key);
    }

    private void StoreValue(byte* entry, ReadOnlySpan<byte> value)
    {
        HeapStart -= value.Length;
        SetPlace(entry, HeapStart, value.Length);
        value.CopyTo(new Span<byte>(page + HeapStart, value.Length));
    }

    // Checked even though callers count first: a wrong count would write values over entries.
    private void MakeRoom(int bytes)
    {
        if (bytes > FreeBytes)
            throw new InvalidOperationException($"A tree page with {FreeBytes} free bytes was asked to take {bytes}.");
        if (HeapStart - PageFormat.HeaderSize - Count * EntrySize < bytes)
            Compact();
    }

    [SkipLocalsInit]
    private void Compact()
    {
        var heapStart = HeapStart;
        var old = stackalloc byte[PageFormat.Size];
        new ReadOnlySpan<byte>(page + heapStart, PageFormat.Size - heapStart).CopyTo(new Span<byte>(old + heapStart, PageFormat.Size - heapStart));
        (HeapStart, DeadBytes) = (PageFormat.Size, 0);
        for (var i = 0; i < Count; i++)
        {
            var entry = Entry(i);
            StoreValue(entry, new ReadOnlySpan<byte>(old + Offset(entry), Length(entry)));
        }
    }
}
