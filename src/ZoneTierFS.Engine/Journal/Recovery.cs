using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Checking;
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
    private readonly SortedDictionary<int, (long Bytes, HashSet<ulong> Files)> _missing = [];

    private Recovery(VolumeState state, CheckpointRoot root)
    {
        _state = state;
        _root = root;
    }

    /// <summary>Throws <see cref="VolumeException"/> with what is wrong and how to mend it.</summary>
    public static async Task<VolumeState> OpenAsync(
        IReadOnlyList<TierDevice> devices, VolumeOptions options, VolumeEnvironment environment, CancellationToken ct)
    {
        if (options is { WithoutMissing: true, ReadOnly: false })
            throw new ArgumentException("Without all its devices a volume is only read.", nameof(options));
        var (superblocks, reports) = await SuperblockReader.ReadAsync(devices, options.WithoutMissing, ct);
        ZoneLimits.Demand(devices);
        var zones = devices.Select((device, index) => new DeviceZones(index, device, reports[index], devices.Count)).ToArray();
        var state = new VolumeState(superblocks, devices, zones, options, environment);
        try
        {
            var root = await new MetadataLoader(state, superblocks.Newest).LoadAsync(ct);
            await new Recovery(state, root).RunAsync(ct);
            return state;
        }
        catch (Exception failure) when (failure is DeviceException or InvalidDataException)
        {
            state.Dispose();
            throw new VolumeException(VolumeFault.Damaged,
                $"The volume's metadata cannot be read: {failure.Message} Nothing was written; run `ztfs check` for details.", failure);
        }
    }

    private async Task RunAsync(CancellationToken ct)
    {
        RootRules.Demand(_root, _state.Zones[0], _state.Checksums.PageCount);
        _state.AttachTree(new ItemTree(_state.Pages, _root.TreeRoot, (long)_root.TreeItemCount));
        _state.Tree.VerifyShape();
        _state.NextInode = _root.NextInode;
        _state.Checkpointer.Resume(_state.Superblocks.Generation);
        var replay = new JournalReplay(_state, _root);
        await replay.RunAsync(ct);
        if (replay.Damage is { } damage) Tell(damage);
        MarkMetadata();
        MarkJournal(replay.Zones);
        DeriveLive();
        foreach (var (device, (bytes, files)) in _missing) StateLog.DeviceMissing(_state.Log, _state.Zones[device].Tier, bytes, files.Count);
        foreach (var zones in _state.Zones) zones.CollectFree();
        foreach (var (device, zone) in replay.Named) _state.Zones[device].Name(zone, replay.NextSequence - 1);
        _state.Journal.Start(Math.Max(_root.Journal.Epoch, replay.NewestEpoch) + 1, replay.NextSequence, replay.ConfirmedSequence);
        _state.Counters.ReplayedMutations = replay.Mutations;
        StateLog.Opened(_state.Log, _state.Uuid, _root.Generation, replay.Mutations, _state.InodeCount);
    }

    /// <summary>Going on would make the loss of what was synced final, so that is not for a mount to decide.</summary>
    private void Tell(string damage)
    {
        damage += " What was synced after that is lost, unless the medium can be read again.";
        if (_state.Options is { ReadOnly: false, DropsDamagedJournal: false })
            throw new InvalidDataException($"{damage} `ztfs check --repair` goes on from before the damage.");
        _state.JournalDamage = damage;
        StateLog.JournalDamaged(_state.Log, damage);
    }

    private void MarkMetadata()
    {
        foreach (var copy in _state.Copies)
        {
            foreach (var place in copy.Places())
            {
                RootRules.DemandRoom(_state.Zones[copy.Device], place);
                copy.Zones.Adopt(place);
            }
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
        _state.RecordedNextInode = _state.NextInode;
        var rules = new ItemRules(_state.Zones, _state.Impossible);
        var scan = _state.Tree.Scan(new ItemKey(0, 0));
        while (scan.MoveNext())
        {
            if (!IsUsable(rules, scan.Key, scan.Value)) continue;
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
                    foreach (var extent in _state.Extents.Runs(scan.Key, scan.Value)) Derive(inode, extent, stream, promoted: false);
                    break;
                case ItemKind.Promoted:
                    foreach (var copy in _state.Extents.Runs(scan.Key, scan.Value)) Derive(inode, copy, stream, promoted: true);
                    break;
                case ItemKind.Orphan:
                    _state.Orphans.Add(scan.Key.Low);
                    break;
            }
        }
        if (_state.Options.PassesOverDamage) return;
        if (!_state.Options.TrustsItems) rules.Finish(_state.Tree);
        _state.Impossible.Settle(_state.Tree, _state.Options.ReadOnly);
    }

    /// <summary>A check leaves impossible items where they are, to tell of them and mend them; whoever else opens the volume does so without them.</summary>
    private bool IsUsable(ItemRules rules, ItemKey key, ReadOnlySpan<byte> value) => _state.Options.PassesOverDamage
        ? ItemChecks.IsReadable(_state, key, value)
        : _state.Options.TrustsItems || rules.IsPossible(key, value);

    private void Derive(ulong inode, Extent extent, StreamKey stream, bool promoted)
    {
        if (extent.At.IsLost) return;
        var zones = _state.Zones[extent.At.Device];
        ref var zone = ref zones[extent.At.Zone];
        if (_state.Superblocks.IsMissing(extent.At.Device))
        {
            if (!promoted) NoteMissing(inode, extent);
            return;
        }
        // A record that points past the device's pointer: those bytes are gone, and reading them fails their checksums. Nothing may be appended in their
        // place, or the file would show another one's bytes. (A zone that is not in good health counts as written to its end, and stays what it is.)
        if (extent.At.Block + extent.Count > zone.Written)
        {
            StateLog.DataDamaged(
                _state.Log, inode, (long)extent.FileBlock * DeviceZones.BlockSize, (long)extent.End * DeviceZones.BlockSize, "the device has lost them",
                "its path is not known yet");
            zone.Use = ZoneUse.Full;
        }
        zones.AddLive(extent.At.Zone, extent.Count, promoted);
        if (zone.Use != ZoneUse.Open) return;
        zones.AddReverse(extent.At.Zone, new ReverseEntry(inode, extent.FileBlock, extent.At.Block, extent.Count));
        zone.Stream = (byte)zones.SlotOf(stream);
    }

    private void NoteMissing(ulong inode, Extent extent)
    {
        var (bytes, files) = _missing.TryGetValue(extent.At.Device, out var found) ? found : (0, []);
        files.Add(inode);
        _missing[extent.At.Device] = (bytes + (long)extent.Count * DeviceZones.BlockSize, files);
    }
}
