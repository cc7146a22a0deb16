using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// The only way to open a volume: reads the newest checkpoint, replays the journal behind it, and derives from the tree what is live in which zone.
/// Writes nothing; a mount that may write publishes a checkpoint afterwards.
/// </summary>
internal sealed class Recovery
{
    private readonly VolumeState _state;
    private readonly CheckpointRoot _root;
    private readonly PageAddress _rootAddress;

    private Recovery(VolumeState state, CheckpointRoot root, PageAddress rootAddress)
    {
        _state = state;
        _root = root;
        _rootAddress = rootAddress;
    }

    /// <summary>Throws <see cref="VolumeException"/> with what is wrong and how to mend it.</summary>
    public static async Task<VolumeState> OpenAsync(
        IReadOnlyList<TierDevice> devices, VolumeOptions options, VolumeEnvironment environment, CancellationToken ct)
    {
        var (superblocks, reports) = await SuperblockReader.ReadAsync(devices, ct);
        ZoneLimits.Demand(devices);
        var newest = superblocks.Newest.MaxBy(superblock => superblock.Generation)!;
        var zones = devices.Select((device, index) => new DeviceZones(index, device, reports[index])).ToArray();
        var state = new VolumeState(superblocks, devices, zones, options, environment);
        try
        {
            if (newest.CheckpointRoot is not { } where) throw new InvalidDataException("The newest superblock names no checkpoint.");
            var place = new PageAddress(where.Zone, where.Block);
            var root = await ReadRootAsync(devices[0].Device, newest, place, ct);
            await new Recovery(state, root, place).RunAsync(ct);
            return state;
        }
        catch (Exception failure) when (failure is DeviceException or InvalidDataException)
        {
            state.Dispose();
            throw new VolumeException(VolumeFault.Damaged,
                $"The volume's metadata cannot be read: {failure.Message} Nothing was written; run `ztfs check` for details.", failure);
        }
    }

    private static async Task<CheckpointRoot> ReadRootAsync(IZonedDevice device, Superblock newest, PageAddress place, CancellationToken ct)
    {
        using var page = new AlignedMemory(PageFormat.Size);
        await ReadAsync(device, place, page.Memory, ct);
        if (!CheckpointRoot.TryRead(page.GetSpan(), newest.Uuid, out var root, out var problem))
            throw new InvalidDataException($"The checkpoint root of generation {newest.Generation} at {place} is damaged: {problem}.");
        return root.Generation == newest.Generation ? root
            : throw new InvalidDataException($"The checkpoint root at {place} is of generation {root.Generation}, not {newest.Generation}.");
    }

    private static ValueTask ReadAsync(IZonedDevice device, PageAddress from, Memory<byte> into, CancellationToken ct) =>
        device.ReadAsync(new ZoneAddress(new ZoneId((int)from.Zone), (long)from.Block * DeviceZones.BlockSize), into, ct);

    private async Task RunAsync(CancellationToken ct)
    {
        RootRules.Demand(_root, _state.Zones[0], _state.Checksums.PageCount);
        await LoadTableAsync(_state.Pages.Table, _root.TreeTable, ct);
        await LoadTableAsync(_state.Checksums.Table, _root.ChecksumTable, ct);
        RootRules.DemandPages(_state.Zones[0], _state.Pages.Table);
        RootRules.DemandPages(_state.Zones[0], _state.Checksums.Table);
        await LoadTreeAsync(ct);
        _state.AttachTree(new ItemTree(_state.Pages, _root.TreeRoot, (long)_root.TreeItemCount));
        _state.Tree.VerifyShape();
        _state.NextInode = _root.NextInode;
        _state.Checkpointer.Resume(_root.Generation, _rootAddress, _root.TreeTable, _root.ChecksumTable);
        var replay = new JournalReplay(_state, _root);
        await replay.RunAsync(ct);
        MarkMetadata();
        MarkJournal(replay.Zones);
        DeriveLive();
        foreach (var zones in _state.Zones) zones.CollectFree();
        _state.Journal.Start(Math.Max(_root.Journal.Epoch, replay.NewestEpoch) + 1, replay.NextSequence);
        _state.Counters.ReplayedMutations = replay.Mutations;
        StateLog.Opened(_state.Log, _state.Uuid, _root.Generation, replay.Mutations, _state.InodeCount);
    }

    private async Task LoadTableAsync(PageTable table, IReadOnlyList<PageAddress> places, CancellationToken ct)
    {
        using var page = new AlignedMemory(PageFormat.Size);
        for (var i = 0; i < places.Count; i++)
        {
            await ReadAsync(_state.Zones[0].Device, places[i], page.Memory, ct);
            table.LoadTablePage(i, page.GetSpan()); // which looks at its checksum
            RootRules.DemandAge(_root, page.GetSpan());
        }
    }

    /// <summary>Reads all pages of the tree, neighbours on media in one read.</summary>
    private async Task LoadTreeAsync(CancellationToken ct)
    {
        const int pagesMax = 64;
        _state.Pages.Restore(_root.TreePageCount);
        var pages = _state.Pages.Table.Addresses().OrderBy(page => page.Address.Zone).ThenBy(page => page.Address.Block).ToArray();
        using var buffer = new AlignedMemory(pagesMax * PageFormat.Size);
        for (var i = 0; i < pages.Length;)
        {
            var count = 1;
            while (i + count < pages.Length && count < pagesMax && pages[i + count].Address.Zone == pages[i].Address.Zone
                && pages[i + count].Address.Block == pages[i].Address.Block + count * MetadataZones.BlocksPerPage) count++;
            await ReadAsync(_state.Zones[0].Device, pages[i].Address, buffer.Memory[..(count * PageFormat.Size)], ct);
            for (var j = 0; j < count; j++)
            {
                _state.Pages.Load(pages[i + j].Id, buffer.GetSpan().Slice(j * PageFormat.Size, PageFormat.Size));
                RootRules.DemandAge(_root, buffer.GetSpan().Slice(j * PageFormat.Size, PageFormat.Size));
            }
            i += count;
        }
    }

    private void MarkMetadata()
    {
        var fast = _state.Zones[0];
        var places = _state.Pages.Table.Addresses().Concat(_state.Checksums.Table.Addresses()).Select(page => page.Address)
            .Concat(_root.TreeTable).Concat(_root.ChecksumTable).Append(_rootAddress);
        foreach (var place in places)
        {
            if (place.IsNone) continue;
            RootRules.DemandRoom(fast, place);
            fast[(int)place.Zone].Use = ZoneUse.Metadata;
            fast.AddLive((int)place.Zone, MetadataZones.BlocksPerPage, promoted: false);
        }
    }

    /// <summary>The journal's zones stay as they are until a checkpoint makes them needless.</summary>
    private void MarkJournal(IReadOnlyList<int> journalZones)
    {
        foreach (var zone in journalZones)
        {
            RootRules.DemandJournal(_state.Zones[0], zone);
            _state.Zones[0][zone].Use = ZoneUse.Journal;
            _state.Zones[0][zone].Owned = true;
        }
        _state.Journal.Inherit(journalZones);
    }

    /// <summary>
    /// One pass over the tree: live blocks of every zone, open zones' reverse maps and streams, files that were open when they lost their last name, pins.
    /// </summary>
    private void DeriveLive()
    {
        StreamKey stream = default;
        var rules = new ItemRules(_state.Zones, _state.Impossible);
        var scan = _state.Tree.Scan(new ItemKey(0, 0));
        while (scan.MoveNext())
        {
            if (!_state.Options.TrustsItems && !rules.IsPossible(scan.Key, scan.Value)) continue;
            var inode = ItemKeys.InodeOf(scan.Key);
            switch (ItemKeys.KindOf(scan.Key))
            {
                case ItemKind.Inode:
                    var record = InodeRecord.Read(scan.Value);
                    _state.InodeCount++;
                    _state.NextInode = Math.Max(_state.NextInode, inode + 1);
                    stream = StreamKey.ForFile(record.Class, (long)record.Size);
                    if (record.Pin > 0) _state.MoveRequests.Consider(inode);
                    break;
                case ItemKind.Extent:
                    Derive(inode, Extent.Read(scan.Key.Low, scan.Value), stream, promoted: false);
                    break;
                case ItemKind.Promoted:
                    Derive(inode, Extent.Read(scan.Key.Low, scan.Value), stream, promoted: true);
                    break;
                case ItemKind.Orphan:
                    _state.Orphans.Add(scan.Key.Low);
                    break;
            }
        }
        if (!_state.Options.TrustsItems) rules.Finish(_state.Tree);
        _state.Impossible.Settle(_state.Tree, _state.Options.ReadOnly);
    }

    private void Derive(ulong inode, Extent extent, StreamKey stream, bool promoted)
    {
        var zones = _state.Zones[extent.At.Device];
        ref var zone = ref zones[extent.At.Zone];
        // A record that points past the device's pointer: those bytes are gone, and reading them fails their checksums. Nothing may be appended in their
        // place, or the file would show another one's bytes.
        if (extent.At.Block + extent.Count > zone.Written)
        {
            StateLog.DataDamaged(
                _state.Log, inode, (long)extent.FileBlock * DeviceZones.BlockSize, (long)extent.End * DeviceZones.BlockSize, "the device has lost them");
            zone.Use = ZoneUse.Full;
        }
        zones.AddLive(extent.At.Zone, extent.Count, promoted);
        if (zone.Use != ZoneUse.Open) return;
        zones.AddReverse(extent.At.Zone, new ReverseEntry(inode, extent.FileBlock, extent.At.Block, extent.Count));
        zone.Stream = (byte)zones.SlotOf(stream);
    }
}
