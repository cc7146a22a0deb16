using System.Buffers.Binary;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// Whether what a checkpoint's root and tables say is possible on these devices. A checksum vouches for the medium only, and recovery is about to use these
/// numbers as places, lengths and counts. Throws <see cref="InvalidDataException"/>.
/// </summary>
internal static class RootRules
{
    /// <summary>Numbers that only grow by one begin at 0: beyond this they were never counted, and the next ones would wrap.</summary>
    private const ulong NumberMax = 1ul << 62;

    /// <summary>Pages that a tree may have had between two checkpoints, so that no table ever held them.</summary>
    private const ulong UnwrittenPagesMax = 1 << 16;

    /// <param name="checksumPages">Pages of checksums that blocks of all devices make.</param>
    public static void Demand(CheckpointRoot root, DeviceZones fast, uint checksumPages)
    {
        Demand(root.Generation < NumberMax && root.Journal.NextSequence < NumberMax && root.Journal.Epoch < NumberMax,
            $"its generation {root.Generation}, batch {root.Journal.NextSequence} or epoch {root.Journal.Epoch} cannot be");
        Demand(root.Journal.Zone == JournalPosition.NoZone || (IsDataZone(fast, root.Journal.Zone) && root.Journal.Block <= fast.CapacityBlocks),
            $"its journal cannot begin in zone {root.Journal.Zone}, block {root.Journal.Block}");
        Demand(root.TreePageCount <= (ulong)root.TreeTable.Count * PageTable.EntriesPerPage + UnwrittenPagesMax,
            $"{root.TreeTable.Count} tables cannot hold {root.TreePageCount} pages of the tree");
        Demand(root.ChecksumPageCount <= checksumPages && (uint)root.ChecksumTable.Count <= checksumPages / PageTable.EntriesPerPage + 1,
            $"{root.ChecksumPageCount} pages of checksums in {root.ChecksumTable.Count} tables are more than the devices have blocks for");
    }

    /// <summary>One more page fits into a zone, before it is counted there.</summary>
    public static void DemandRoom(DeviceZones fast, PageAddress place)
    {
        DemandPlace(fast, place);
        Demand(fast[(int)place.Zone].Live + (ulong)MetadataZones.BlocksPerPage <= fast.CapacityBlocks,
            $"zone {place.Zone} cannot hold all the pages that are said to lie there");
    }

    private static void DemandPlace(DeviceZones fast, PageAddress place) => Demand(
        IsDataZone(fast, place.Zone) && place.Block + (ulong)MetadataZones.BlocksPerPage <= fast.CapacityBlocks,
        $"a page cannot lie in zone {place.Zone}, block {place.Block}");

    /// <summary>
    /// A page is not of a later checkpoint than its root. It is where the newest superblock is lost and an older one names pages whose place was taken since.
    /// </summary>
    /// <param name="newest">The root's checkpoint.</param>
    public static void DemandAge(ulong newest, ReadOnlySpan<byte> page)
    {
        var generation = BinaryPrimitives.ReadUInt64LittleEndian(page[PageFormat.GenerationOffset..]);
        Demand(generation <= newest, $"a page of checkpoint {generation} lies where one of {newest} or before should");
    }

    /// <summary>The journal does not lie in a zone of something else: it is given back as a whole.</summary>
    public static void DemandJournal(DeviceZones fast, int zone) =>
        Demand(fast[zone].Use is not (ZoneUse.Metadata or ZoneUse.Superblock), $"the journal cannot lie in zone {zone}, which holds other metadata");

    private static bool IsDataZone(DeviceZones fast, uint zone) => zone >= DeviceZones.SuperblockZones && zone < (uint)fast.Count;

    private static void Demand(bool holds, string otherwise)
    {
        if (!holds) throw new InvalidDataException($"The checkpoint is whole but makes no sense: {otherwise}.");
    }
}
