using System.Buffers.Binary;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>What a bug, or somebody who means harm, can write: structures that are whole by their checksums and say what cannot be.</summary>
internal sealed class SealedMutations(BaseVolume volume, ImageParts parts)
{
    private const int RootFieldsEnd = CheckpointRoot.JournalEpochOffset + 8;
    private const int FooterFieldsFromEnd = ZoneFooter.TrailerSize;

    private delegate bool Mutation(byte[] bytes, SeededRandom random);

    /// <summary>Does one of them. Returns what was done, in words.</summary>
    public string Apply(Image image, SeededRandom random)
    {
        while (true)
        {
            var (part, mutation) = random.Next(16) switch
            {
                0 => (PickOf(PartKind.Superblock, random), ChangeSuperblock),
                1 => (PickOf(PageKind.CheckpointRoot, random), ChangeRoot),
                2 => (PickOf(random.Chance(0.5) ? PageKind.TreeTable : PageKind.ChecksumTable, random), ChangeTable),
                3 => (PickOf(PageKind.Checksum, random), ChangeChecksums),
                4 => (PickOf(PartKind.Page, random), ChangePageHeader),
                5 => (PickOf(PartKind.Footer, random), ChangeFooter),
                6 => (PickOf(PartKind.Batch, random), ChangeBatchHeader),
                7 or 8 => (PickOf(PartKind.Batch, random), JournalMutations.ChangeOne),
                9 or 10 or 11 => (PickOf(PartKind.Batch, random), AddToBatch),
                _ => (PickOf(PageKind.Tree, random), (Mutation)TreeMutations.Change),
            };
            if (part is null || part.At.Zone >= image.Devices[part.At.Device].Zones.Length)
                continue;
            var bytes = image.Read(part.At, part.Blocks);
            if (bytes.Length < part.Blocks * ImageDevice.BlockSize || !mutation(bytes, random))
                continue;
            Seals.Seal(part.Kind, bytes, volume.Uuid);
            image.Write(part.At, bytes);
            return $"{mutation.Method.Name} {part.PageKind}";
        }
    }

    private ImagePart? PickOf(PartKind kind, SeededRandom random) => parts.Live(kind) is { Count: > 0 } live ? random.Pick(live) : null;

    private ImagePart? PickOf(PageKind kind, SeededRandom random) => parts.LivePages(kind) is { Count: > 0 } live ? random.Pick(live) : null;

    private static bool ChangeSuperblock(byte[] bytes, SeededRandom random)
    {
        var fields = bytes.AsSpan(Superblock.FormatVersionOffset..(Superblock.MountEpochOffset + 8));
        OddValues.ChangeAnywhere(fields[(random.Chance(0.9) ? Superblock.DeviceIndexOffset - Superblock.FormatVersionOffset : 0)..], random);
        return true;
    }

    private static bool ChangeRoot(byte[] bytes, SeededRandom random)
    {
        var from = random.Chance(0.3) ? PageFormat.GenerationOffset : CheckpointRoot.NextInodeOffset;
        OddValues.ChangeAnywhere(bytes.AsSpan(from..(random.Chance(0.2) ? CheckpointRoot.AddressesOffset + 64 : RootFieldsEnd)), random);
        return true;
    }

    /// <summary>An address of a page becomes odd, or that of another.</summary>
    private static bool ChangeTable(byte[] bytes, SeededRandom random)
    {
        const int entries = 64; // of a small volume the others are empty
        var entry = bytes.AsSpan(PageFormat.HeaderSize + random.Next(entries) * 8, 8);
        if (random.Chance(0.3))
            bytes.AsSpan(PageFormat.HeaderSize + random.Next(entries) * 8, 8).CopyTo(entry);
        else
            OddValues.Change(entry.Slice(random.Next(2) * 4, 4), random);
        return true;
    }

    private static bool ChangeChecksums(byte[] bytes, SeededRandom random)
    {
        OddValues.ChangeAnywhere(bytes.AsSpan(PageFormat.HeaderSize), random);
        return true;
    }

    private static bool ChangePageHeader(byte[] bytes, SeededRandom random)
    {
        OddValues.ChangeAnywhere(bytes.AsSpan(PageFormat.KindOffset..PageFormat.HeaderSize), random);
        return true;
    }

    private static bool ChangeFooter(byte[] bytes, SeededRandom random)
    {
        OddValues.ChangeAnywhere(random.Chance(0.5) ? bytes.AsSpan(^FooterFieldsFromEnd..) : bytes.AsSpan(0, 20 * ZoneFooter.EntrySize), random);
        return true;
    }

    private static bool ChangeBatchHeader(byte[] bytes, SeededRandom random)
    {
        OddValues.ChangeAnywhere(bytes.AsSpan(JournalBatchHeader.PayloadLengthOffset..(JournalBatchHeader.ConfirmedSequenceOffset + 8)), random);
        return true;
    }

    /// <summary>An item of the tree, made odd, comes in through the journal, which puts it where it belongs.</summary>
    private bool AddToBatch(byte[] bytes, SeededRandom random)
    {
        if (PickOf(PageKind.Tree, random) is not { } part)
            return false;
        var page = volume.Newest.Read(part.At, part.Blocks);
        if (!TreeMutations.TryPickItem(page, random, out var high, out var low, out var value))
            return false;
        value = [.. value];
        TreeMutations.ChangeItem(ref high, ref low, ref value, random);
        return JournalMutations.AddPut(bytes, high, low, value);
    }
}
