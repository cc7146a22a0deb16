using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Inspecting;

/// <summary>
/// Reads pages of the newest checkpoint one by one, from the first of its copies that has a whole root, also where others are damaged. The only part of
/// inspecting that knows where they lie.
/// </summary>
internal sealed class CheckpointPages(IZonedDevice device, Superblock newest, CheckpointRoot root, PageAddress rootAddress)
{
    public CheckpointRoot Root => root;

    public PageAddress RootAddress => rootAddress;

    public Superblock Newest => newest;

    /// <summary>Throws <see cref="VolumeException"/> where no whole superblock or no whole root is there.</summary>
    public static async Task<CheckpointPages> OpenAsync(IReadOnlyList<TierDevice> devices, CancellationToken ct)
    {
        Superblock? newest = null;
        foreach (var tier in devices)
        {
            var content = await SuperblockRing.ReadNewestAsync(tier.Device, await tier.Device.ReportZonesAsync(ct), ct);
            if (content.Superblock is { } found && (newest is null || found.Generation > newest.Generation)) newest = found;
        }
        if (newest is null) throw new VolumeException(VolumeFault.Damaged, "No superblock is whole.");
        var problems = new List<string>();
        using var page = new AlignedMemory(PageFormat.Size);
        foreach (var copy in new[] { newest.CheckpointRoot, newest.SecondRoot })
        {
            if (copy is not { } where || where.Device >= devices.Count) continue;
            var address = new PageAddress(where.Zone, where.Block);
            if (await TryReadAsync(devices[where.Device].Device, address, page.Memory, ct) is { } failure)
                problems.Add($"The checkpoint root on device {where.Device} at {address} cannot be read: {failure}");
            else if (!CheckpointRoot.TryRead(page.GetSpan(), newest.Uuid, out var root, out var problem))
                problems.Add($"The checkpoint root on device {where.Device} at {address} is damaged: {problem}.");
            else
                return new CheckpointPages(devices[where.Device].Device, newest, root, address);
        }
        throw new VolumeException(VolumeFault.Damaged, problems.Count == 0 ? "No superblock names a checkpoint." : string.Join(" ", problems));
    }

    /// <summary>Where a page lies; none where there is no such page, or its table page is damaged.</summary>
    public async Task<PageAddress> FindAsync(PageKind kind, uint id, CancellationToken ct)
    {
        var (table, tableKind) = kind == PageKind.Tree ? (root.TreeTable, PageKind.TreeTable) : (root.ChecksumTable, PageKind.ChecksumTable);
        var index = id / PageTable.EntriesPerPage;
        if (index >= (uint)table.Count) return PageAddress.None;
        using var page = new AlignedMemory(PageFormat.Size);
        if (await TryReadAsync(device, table[(int)index], page.Memory, ct) is not null
            || !PageFormat.TryCheck(page.GetSpan(), tableKind, index, out _))
            return PageAddress.None;
        var entry = page.GetSpan()[(PageFormat.HeaderSize + (int)(id % PageTable.EntriesPerPage) * CheckpointRoot.AddressSize)..];
        return new PageAddress(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(entry), System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]));
    }

    /// <summary>Reads a page; null where it is whole, otherwise what is wrong.</summary>
    public async Task<string?> TryReadAsync(PageKind kind, uint id, Memory<byte> into, CancellationToken ct)
    {
        var address = await FindAsync(kind, id, ct);
        if (address.IsNone) return "there is no such page, or its table page is damaged";
        if (await TryReadAsync(device, address, into, ct) is { } failure) return failure;
        return !PageFormat.TryCheck(into.Span, kind, id, out var problem) ? problem
            : kind == PageKind.Tree && !TreePage.IsWellFormed(into.Span, out problem) ? problem : null;
    }

    private static async Task<string?> TryReadAsync(IZonedDevice device, PageAddress from, Memory<byte> into, CancellationToken ct)
    {
        try
        {
            if (from.Zone >= (uint)device.Geometry.ZoneCount) return $"{from} is outside of the device";
            await device.ReadAsync(new ZoneAddress(new ZoneId((int)from.Zone), (long)from.Block * DeviceZones.BlockSize), into, ct);
            return null;
        }
        catch (DeviceException failure)
        {
            return failure.Message;
        }
    }
}
