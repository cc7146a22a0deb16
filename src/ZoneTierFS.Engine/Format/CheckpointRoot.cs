using System.Diagnostics.CodeAnalysis;
using ZoneTierFS.Engine.Metadata;
using static System.Buffers.Binary.BinaryPrimitives;

namespace ZoneTierFS.Engine.Format;

/// <summary>The page that a checkpoint begins with: where all its table pages lie, and from where the journal is to be replayed on top of it.</summary>
internal sealed record CheckpointRoot
{
    /// <summary>Addresses that fit, of both tables together: enough for 4 million pages, 63 GiB of metadata.</summary>
    public const int AddressesMax = (PageFormat.Size - AddressesOffset) / AddressSize;

    public const int AddressSize = 8;

    public const int UuidOffset = PageFormat.OwnOffset;
    public const int NextInodeOffset = 40;
    public const int TreeItemCountOffset = 48;
    public const int TreeRootOffset = 56;
    public const int TreePageCountOffset = 60;
    public const int ChecksumPageCountOffset = 64;
    public const int TreeTableCountOffset = 68;
    public const int ChecksumTableCountOffset = 72;
    public const int JournalZoneOffset = 76;
    public const int JournalBlockOffset = 80;
    public const int JournalSequenceOffset = 88;
    public const int JournalEpochOffset = 96;
    public const int AddressesOffset = 128;

    /// <summary>The volume's identity. Against a page of a volume that was here before.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>The checkpoint's number, in all pages it wrote. Against a superblock that points at a root since overwritten.</summary>
    public required ulong Generation { get; init; }

    /// <summary>First batch that the checkpoint does not contain. Against replaying what is in it, and against losing what is not.</summary>
    public required JournalPosition Journal { get; init; }

    /// <summary>Lowest inode number never given out. Against an inode number that means two files.</summary>
    public required ulong NextInode { get; init; }

    /// <summary>Page id of the tree's root.</summary>
    public required uint TreeRoot { get; init; }

    /// <summary>Items in the tree. Against a tree that lost a branch unseen.</summary>
    public required ulong TreeItemCount { get; init; }

    /// <summary>Highest id of a tree page + 1.</summary>
    public required uint TreePageCount { get; init; }

    /// <summary>Highest id of a checksum page + 1.</summary>
    public required uint ChecksumPageCount { get; init; }

    /// <summary>Places of the tree table's pages, in order.</summary>
    public required IReadOnlyList<PageAddress> TreeTable { get; init; }

    /// <summary>Places of the checksum table's pages, in order.</summary>
    public required IReadOnlyList<PageAddress> ChecksumTable { get; init; }

    /// <summary>Reads a page and makes sure that it is whole and of this volume; otherwise says in words what is wrong.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> page, Guid volume, [NotNullWhen(true)] out CheckpointRoot? root, [NotNullWhen(false)] out string? problem)
    {
        root = null;
        if (!PageFormat.TryCheck(page, PageKind.CheckpointRoot, 0, out problem))
            return false;
        var uuid = new Guid(page.Slice(UuidOffset, 16), bigEndian: true);
        var treeTables = ReadUInt32LittleEndian(page[TreeTableCountOffset..]);
        var checksumTables = ReadUInt32LittleEndian(page[ChecksumTableCountOffset..]);
        var treePages = ReadUInt32LittleEndian(page[TreePageCountOffset..]);
        var treeRoot = ReadUInt32LittleEndian(page[TreeRootOffset..]);
        if (uuid != volume)
            problem = $"belongs to volume {uuid}";
        else if ((ulong)treeTables + checksumTables > AddressesMax)
            problem = $"names {treeTables} + {checksumTables} table pages, but {AddressesMax} fit";
        else if (treeRoot >= treePages)
            problem = $"names page {treeRoot} of {treePages} as the tree's root";
        if (problem is not null)
            return false;
        root = new CheckpointRoot
        {
            Uuid = uuid,
            Generation = ReadUInt64LittleEndian(page[PageFormat.GenerationOffset..]),
            Journal = new JournalPosition(
                ReadUInt32LittleEndian(page[JournalZoneOffset..]),
                ReadUInt32LittleEndian(page[JournalBlockOffset..]),
                ReadUInt64LittleEndian(page[JournalSequenceOffset..]),
                ReadUInt64LittleEndian(page[JournalEpochOffset..])),
            NextInode = ReadUInt64LittleEndian(page[NextInodeOffset..]),
            TreeRoot = treeRoot,
            TreeItemCount = ReadUInt64LittleEndian(page[TreeItemCountOffset..]),
            TreePageCount = treePages,
            ChecksumPageCount = ReadUInt32LittleEndian(page[ChecksumPageCountOffset..]),
            TreeTable = ReadAddresses(page, 0, (int)treeTables),
            ChecksumTable = ReadAddresses(page, (int)treeTables, (int)checksumTables),
        };
        return true;
    }

    /// <summary>Fills a page. Throws <see cref="InvalidOperationException"/> where there are more table pages than fit.</summary>
    public void Write(Span<byte> into)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(into.Length, PageFormat.Size);
        if (TreeTable.Count + ChecksumTable.Count > AddressesMax)
            throw new InvalidOperationException(
                $"A checkpoint holds {AddressesMax} table pages; {TreeTable.Count} of the tree and {ChecksumTable.Count} of checksums do not fit.");
        if (TreeRoot >= TreePageCount)
            throw new InvalidOperationException($"Page {TreeRoot} of {TreePageCount} cannot be the tree's root.");
        into.Clear();
        Uuid.TryWriteBytes(into[UuidOffset..], bigEndian: true, out _);
        WriteUInt64LittleEndian(into[NextInodeOffset..], NextInode);
        WriteUInt64LittleEndian(into[TreeItemCountOffset..], TreeItemCount);
        WriteUInt32LittleEndian(into[TreeRootOffset..], TreeRoot);
        WriteUInt32LittleEndian(into[TreePageCountOffset..], TreePageCount);
        WriteUInt32LittleEndian(into[ChecksumPageCountOffset..], ChecksumPageCount);
        WriteUInt32LittleEndian(into[TreeTableCountOffset..], (uint)TreeTable.Count);
        WriteUInt32LittleEndian(into[ChecksumTableCountOffset..], (uint)ChecksumTable.Count);
        WriteUInt32LittleEndian(into[JournalZoneOffset..], Journal.Zone);
        WriteUInt32LittleEndian(into[JournalBlockOffset..], Journal.Block);
        WriteUInt64LittleEndian(into[JournalSequenceOffset..], Journal.NextSequence);
        WriteUInt64LittleEndian(into[JournalEpochOffset..], Journal.Epoch);
        WriteAddresses(into, 0, TreeTable);
        WriteAddresses(into, TreeTable.Count, ChecksumTable);
        PageFormat.Seal(into, PageKind.CheckpointRoot, 0, Generation);
    }

    private static PageAddress[] ReadAddresses(ReadOnlySpan<byte> page, int first, int count)
    {
        var addresses = new PageAddress[count];
        for (var i = 0; i < count; i++)
        {
            var at = page[(AddressesOffset + (first + i) * AddressSize)..];
            addresses[i] = new PageAddress(ReadUInt32LittleEndian(at), ReadUInt32LittleEndian(at[4..]));
        }
        return addresses;
    }

    private static void WriteAddresses(Span<byte> page, int first, IReadOnlyList<PageAddress> addresses)
    {
        for (var i = 0; i < addresses.Count; i++)
        {
            var at = page[(AddressesOffset + (first + i) * AddressSize)..];
            WriteUInt32LittleEndian(at, addresses[i].Zone);
            WriteUInt32LittleEndian(at[4..], addresses[i].Block);
        }
    }
}
