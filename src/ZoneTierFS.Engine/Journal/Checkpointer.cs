using Microsoft.Extensions.Logging;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// Writes the pages that changed since the last checkpoint and publishes the new root. Costs what changed, never what the volume holds. Until the
/// superblock with the new root is durable, the old root and the journal still tell everything.
/// </summary>
internal sealed class Checkpointer
{
    private readonly VolumeState _state;
    private readonly SuperblockRing[] _rings;
    private PageAddress[] _treeTable = [];
    private PageAddress[] _checksumTable = [];
    private PageAddress _root = PageAddress.None;

    public Checkpointer(VolumeState state)
    {
        _state = state;
        Pages = new MetadataZones(state);
        _rings = [.. state.Zones.Select(zones => new SuperblockRing(zones.Device))];
    }

    public MetadataZones Pages { get; }

    /// <summary>The newest published generation.</summary>
    public ulong Generation { get; private set; }
    public ulong Count { get; private set; }

    /// <summary>Goes on from the checkpoint that recovery has read.</summary>
    public void Resume(ulong generation, PageAddress root, IEnumerable<PageAddress> treeTable, IEnumerable<PageAddress> checksumTable)
    {
        Generation = generation;
        _root = root;
        _treeTable = [.. treeTable];
        _checksumTable = [.. checksumTable];
    }

    /// <summary>Everything done so far is durable, and the journal before is free, when this returns Ok.</summary>
    public async ValueTask<Errno> RunAsync()
    {
        await _state.Journal.Turn.EnterExclusiveAsync();
        try
        {
            return await TryRunAsync(cause: null) ? Errno.Ok : Errno.EIO;
        }
        finally
        {
            _state.Journal.Turn.ExitExclusive();
        }
    }

    /// <summary>Runs where that frees a zone of half-dead pages.</summary>
    public async ValueTask GatherAsync()
    {
        bool frees;
        lock (_state.Gate) frees = Pages.ChooseVictim() >= 0;
        if (frees) await RunAsync();
    }

    /// <summary>Runs for a caller who holds the journal's turn; a failure makes the volume read-only.</summary>
    /// <param name="cause">The journal's failure that made the checkpoint necessary, or null.</param>
    public async ValueTask<bool> TryRunAsync(DeviceException? cause)
    {
        if (_state.Failure is not null) return false;
        try
        {
            if (cause is not null) StateLog.JournalFailed(_state.Log, cause.Message);
            using var doing = _state.Activities.Enter(Activity.Checkpoint);
            await WriteAsync();
            return true;
        }
        catch (DeviceException failure)
        {
            _state.Fail($"a checkpoint failed: {failure.Message}");
            return false;
        }
    }

    private async ValueTask WriteAsync()
    {
        await RewriteVictimAsync();
        var generation = Generation + 1;
        using var snapshot = Take(generation);
        await _state.Journal.FlushDataAsync();
        var addresses = new PageAddress[snapshot.PageCount];
        await Pages.AppendAsync(snapshot.Images, addresses, 0);
        lock (_state.Gate) Enter(snapshot, addresses);
        await WriteTableAsync(_state.Pages.Table, generation, isTree: true);
        await WriteTableAsync(_state.Checksums.Table, generation, isTree: false);
        var position = await _state.Journal.PositionAsync(snapshot.Sequence + 1);
        var root = await WriteRootAsync(snapshot, generation, position);
        await _state.Zones[0].Device.FlushAsync(CancellationToken.None);
        await PublishAsync(generation, root);
        lock (_state.Gate)
        {
            Pages.Supersede(_root);
            Pages.ReleaseSuperseded();
            _root = root;
            Generation = generation;
            Count++;
        }
        _state.Journal.Truncate(snapshot.Sequence);
        _state.Checksums.EvictClean();
    }

    /// <summary>The pages as they are now, and the batch up to which they hold everything.</summary>
    private CheckpointSnapshot Take(ulong generation)
    {
        lock (_state.Gate)
        {
            _state.Journal.Recycle(_state.Journal.TakePending()); // their effects are in the pages
            var snapshot = new CheckpointSnapshot
            {
                Sequence = _state.Journal.LastSequence,
                NextInode = _state.NextInode,
                TreeRoot = _state.Tree.Root,
                TreeItems = _state.Tree.ItemCount,
                TreePages = _state.Pages.PageCount,
            };
            _state.Pages.CollectDirty(snapshot.TreeIds);
            _state.Checksums.CollectDirty(snapshot.ChecksumIds);
            snapshot.Allocate();
            var at = 0;
            foreach (var id in snapshot.TreeIds)
            {
                _state.Pages.Seal(id, generation, snapshot.Image(at++));
                _state.Pages.MarkClean(id);
            }
            foreach (var id in snapshot.ChecksumIds) _state.Checksums.Seal(id, generation, snapshot.Image(at++));
            foreach (var id in _state.Pages.TakeFreed())
            {
                Pages.Supersede(_state.Pages.Table.Get(id));
                _state.Pages.Table.Set(id, PageAddress.None);
            }
            return snapshot;
        }
    }

    private void Enter(CheckpointSnapshot snapshot, PageAddress[] addresses)
    {
        var at = 0;
        foreach (var id in snapshot.TreeIds) Replace(_state.Pages.Table, id, addresses[at++]);
        foreach (var id in snapshot.ChecksumIds) Replace(_state.Checksums.Table, id, addresses[at++]);
    }

    private void Replace(PageTable table, uint id, PageAddress address)
    {
        Pages.Supersede(table.Get(id));
        table.Set(id, address);
    }

    private async ValueTask WriteTableAsync(PageTable table, ulong generation, bool isTree)
    {
        var places = isTree ? _treeTable : _checksumTable;
        var dirty = new List<uint>();
        AlignedMemory images;
        lock (_state.Gate)
        {
            if (places.Length < table.TablePageCount)
            {
                var old = places.Length;
                Array.Resize(ref places, table.TablePageCount);
                places.AsSpan(old).Fill(PageAddress.None);
            }
            table.CollectDirty(dirty);
            images = new AlignedMemory(Math.Max(1, dirty.Count) * PageFormat.Size);
            for (var i = 0; i < dirty.Count; i++)
            {
                table.SealTablePage((int)dirty[i], generation, images.GetSpan().Slice(i * PageFormat.Size, PageFormat.Size));
                table.MarkClean((int)dirty[i]);
            }
        }
        using (images)
        {
            var addresses = new PageAddress[dirty.Count];
            await Pages.AppendAsync(images.Memory[..(dirty.Count * PageFormat.Size)], addresses, 0);
            for (var i = 0; i < dirty.Count; i++)
            {
                Pages.Supersede(places[dirty[i]]);
                places[dirty[i]] = addresses[i];
            }
        }
        if (isTree) _treeTable = places;
        else _checksumTable = places;
    }

    private async ValueTask<PageAddress> WriteRootAsync(CheckpointSnapshot snapshot, ulong generation, Location position)
    {
        var root = new CheckpointRoot
        {
            Uuid = _state.Uuid,
            Generation = generation,
            Journal = new JournalPosition((uint)position.Zone, position.Block, snapshot.Sequence + 1, _state.Journal.Epoch),
            NextInode = snapshot.NextInode,
            TreeRoot = snapshot.TreeRoot,
            TreeItemCount = (ulong)snapshot.TreeItems,
            TreePageCount = snapshot.TreePages,
            ChecksumPageCount = _state.Checksums.PageCount,
            TreeTable = _treeTable,
            ChecksumTable = _checksumTable,
        };
        using var page = new AlignedMemory(PageFormat.Size);
        root.Write(page.GetSpan());
        var address = new PageAddress[1];
        await Pages.AppendAsync(page.Memory, address, 0);
        return address[0];
    }

    /// <summary>Publishes on every device: each alone then knows the newest root, and a stale device is found out by its generation.</summary>
    private async ValueTask PublishAsync(ulong generation, PageAddress root)
    {
        for (var i = 0; i < _rings.Length; i++) await _rings[i].AppendAsync(_state.Superblocks.For(i, generation, _state.Journal.Epoch, root));
    }

    /// <summary>Brings the pages of a nearly dead metadata zone into this checkpoint, so that the zone dies with it.</summary>
    private async ValueTask RewriteVictimAsync()
    {
        var checksums = new List<uint>();
        int victim;
        lock (_state.Gate)
        {
            victim = Pages.ChooseVictim();
            if (victim < 0) return;
            foreach (var (id, at) in _state.Pages.Table.Addresses())
                if (at.Zone == victim && _state.Pages.IsResident(id)) _state.Pages.MarkDirty(id);
            MarkTablePages(_treeTable, _state.Pages.Table, victim);
            MarkTablePages(_checksumTable, _state.Checksums.Table, victim);
            checksums.AddRange(_state.Checksums.Table.Addresses().Where(entry => entry.Address.Zone == victim).Select(entry => entry.Id));
        }
        foreach (var id in checksums) await _state.Checksums.RewriteAsync(id);
    }

    private static void MarkTablePages(PageAddress[] places, PageTable table, int victim)
    {
        for (var i = 0; i < places.Length; i++)
            if (!places[i].IsNone && places[i].Zone == victim) table.MarkDirty(i);
    }
}
