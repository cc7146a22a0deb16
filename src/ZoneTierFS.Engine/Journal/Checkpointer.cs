using Microsoft.Extensions.Logging;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// Writes the pages that changed since the last checkpoint, into both copies of the metadata, and publishes the new roots. Costs what changed, never what the
/// volume holds, and holds the state lock for moments only. Until the superblock with the new roots is durable, the old ones and the journal still tell
/// everything.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    private readonly VolumeState _state;
    private readonly SuperblockRing[] _rings;
    private readonly CheckpointRewrite _rewrite;
    private AlignedMemory _images = new(1);

    public Checkpointer(VolumeState state)
    {
        _state = state;
        _rewrite = new CheckpointRewrite(state);
        _rings = [.. state.Zones.Select(zones => new SuperblockRing(zones.Device, zones.Meter))];
    }

    /// <summary>The newest published generation.</summary>
    public ulong Generation { get; private set; }
    public ulong Count { get; private set; }

    /// <summary>Goes on from the checkpoint that recovery has read.</summary>
    /// <param name="generation">The highest that any device has seen.</param>
    public void Resume(ulong generation) => Generation = generation;

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
        lock (_state.Gate) frees = _state.Copies.Any(copy => !copy.IsLost && copy.Zones.ChooseVictim() >= 0);
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
            await WriteAsync(withoutFirst: false);
            return true;
        }
        catch (DeviceException failure)
        {
            await GiveUpAsync($"a checkpoint failed: {failure.Message}");
            return false;
        }
    }

    /// <summary>
    /// The volume stops. Where that is because the first device, with the journal, answers no more, all metadata goes to the copy on another one before: what
    /// the lost device held is lost, but nothing else is. Mounting without it goes on from there; if it comes back, its own checkpoint and journal count.
    /// </summary>
    public async ValueTask GiveUpAsync(string reason)
    {
        if (_state.Failure is not null) return;
        if (!await IsFirstGoneAsync() || !_state.Copies.Any(copy => copy.Device != 0 && !copy.IsLost))
        {
            _state.Fail(reason);
            return;
        }
        foreach (var copy in _state.Copies.Where(copy => copy.Device == 0)) copy.IsLost = true;
        try
        {
            await WriteAsync(withoutFirst: true);
            _state.Fail($"{reason} Tier {_state.Zones[0].Tier} answers no more; all metadata was saved on another one");
        }
        catch (DeviceException failure)
        {
            _state.Fail($"{reason} Tier {_state.Zones[0].Tier} answers no more, and metadata could not be saved elsewhere: {failure.Message}");
        }
    }

    private async ValueTask<bool> IsFirstGoneAsync()
    {
        try
        {
            await _state.Zones[0].Device.ReportZonesAsync(CancellationToken.None);
            return false;
        }
        catch (DeviceException)
        {
            return true;
        }
    }

    private async ValueTask WriteAsync(bool withoutFirst)
    {
        await _rewrite.RunAsync();
        var generation = Generation + 1;
        var snapshot = Freeze();
        try
        {
            await _state.Journal.FlushDataAsync(withoutFirst);
            await WritePagesAsync(snapshot, generation);
            lock (_state.Gate) Enter(snapshot);
            await OnEachCopyAsync(copy => WriteTablesAsync(copy, generation));
            Location? position = withoutFirst ? null : await _state.Journal.PositionAsync(snapshot.Sequence + 1);
            var roots = await WriteRootsAsync(snapshot, generation, position);
            await OnEachCopyAsync(FlushAsync);
            await PublishAsync(generation, roots, withoutFirst);
            lock (_state.Gate) Complete(generation, roots);
        }
        catch (DeviceException)
        {
            lock (_state.Gate) Undo(snapshot);
            throw;
        }
        if (withoutFirst) return;
        _state.Journal.Truncate(snapshot.Sequence);
        _state.Checksums.EvictClean();
    }

    /// <summary>What one copy's device refuses costs that copy, not the checkpoint, while there is another.</summary>
    private async ValueTask OnEachCopyAsync(Func<MetadataCopy, ValueTask> work)
    {
        foreach (var copy in _state.Copies)
        {
            if (copy.IsLost) continue;
            try
            {
                await work(copy);
            }
            catch (DeviceException failure) when (_state.Copies.Any(other => other != copy && !other.IsLost))
            {
                copy.IsLost = true;
                StateLog.CopyLost(_state.Log, copy.Number + 1, _state.Zones[copy.Device].Tier, failure.Message);
            }
        }
    }

    /// <summary>The pages of this moment, and the batch up to which they hold everything.</summary>
    private CheckpointSnapshot Freeze()
    {
        lock (_state.Gate)
        {
            _state.Journal.Recycle(_state.Journal.TakePending()); // their effects are in the pages
            var trees = _state.Pages.Freeze();
            var checksums = _state.Checksums.CollectDirty();
            foreach (var id in _state.Pages.TakeFreed())
            {
                foreach (var copy in _state.Copies)
                {
                    if (copy.Tree.Get(id) is { IsNone: false } place) Replace(copy, copy.Tree, id, PageAddress.None, place);
                }
            }
            return new CheckpointSnapshot
            {
                Sequence = _state.Journal.LastSequence, NextInode = _state.NextInode,
                TreeRoot = _state.Tree.Root, TreeItems = _state.Tree.ItemCount, TreePages = _state.Pages.PageCount,
                TreeIds = trees, ChecksumIds = checksums,
                Places = [.. _state.Copies.Select(_ => new PageAddress[trees.Count + checksums.Count])],
            };
        }
    }

    /// <summary>Appends the pages to every copy, copied out of memory a few at a time, so that nobody waits long for the state lock.</summary>
    private async ValueTask WritePagesAsync(CheckpointSnapshot snapshot, ulong generation)
    {
        const int pagesMax = 64;
        var images = Images(Math.Min(pagesMax, snapshot.PageCount));
        for (var first = 0; first < snapshot.PageCount; first += pagesMax)
        {
            var count = Math.Min(pagesMax, snapshot.PageCount - first);
            lock (_state.Gate)
                for (var i = 0; i < count; i++) CopyOut(snapshot, first + i, Image(images, i));
            for (var i = 0; i < count; i++) Seal(snapshot, first + i, generation, Image(images, i));
            var bytes = images.Memory[..(count * PageFormat.Size)];
            await OnEachCopyAsync(copy => copy.Zones.AppendAsync(bytes, snapshot.Places[copy.Number].AsMemory(first, count)));
        }

        static Span<byte> Image(AlignedMemory images, int index) => images.GetSpan().Slice(index * PageFormat.Size, PageFormat.Size);
    }

    /// <summary>Memory for so many pages, kept: what is new costs a fault for each 4 KiB, in a small checkpoint more than all else.</summary>
    private AlignedMemory Images(int pages)
    {
        if (_images.Length >= pages * PageFormat.Size) return _images;
        Dispose();
        return _images = new AlignedMemory(pages * PageFormat.Size);
    }

    public void Dispose() => ((IDisposable)_images).Dispose();

    private void CopyOut(CheckpointSnapshot snapshot, int index, Span<byte> into)
    {
        if (index < snapshot.TreeIds.Count) _state.Pages.TakeFrozen(snapshot.TreeIds[index], into);
        else _state.Checksums.Take(snapshot.ChecksumIds[index - snapshot.TreeIds.Count], into);
    }

    private static void Seal(CheckpointSnapshot snapshot, int index, ulong generation, Span<byte> page)
    {
        if (index < snapshot.TreeIds.Count) PageFormat.Seal(page, PageKind.Tree, snapshot.TreeIds[index], generation);
        else PageFormat.Seal(page, PageKind.Checksum, snapshot.ChecksumIds[index - snapshot.TreeIds.Count], generation);
    }

    private void Enter(CheckpointSnapshot snapshot)
    {
        foreach (var copy in _state.Copies.Where(copy => !copy.IsLost))
        {
            var places = snapshot.Places[copy.Number];
            var at = 0;
            foreach (var id in snapshot.TreeIds) Replace(copy, copy.Tree, id, places[at++], copy.Tree.Get(id));
            foreach (var id in snapshot.ChecksumIds) Replace(copy, copy.Checksums, id, places[at++], copy.Checksums.Get(id));
        }
        snapshot.IsEntered = true;
    }

    private static void Replace(MetadataCopy copy, PageTable table, uint id, PageAddress place, PageAddress old)
    {
        copy.Zones.Supersede(old);
        table.Set(id, place);
    }

    /// <summary>A checkpoint that was not published must not be missed by the next.</summary>
    private void Undo(CheckpointSnapshot snapshot)
    {
        _state.Pages.Thaw(snapshot.TreeIds);
        foreach (var id in snapshot.ChecksumIds) _state.Checksums.MarkDirty(id);
        foreach (var copy in _state.Copies)
        {
            for (var i = 0; i < copy.Tree.TablePageCount; i++) copy.Tree.MarkDirty(i);
            for (var i = 0; i < copy.Checksums.TablePageCount; i++) copy.Checksums.MarkDirty(i);
        }
    }

    private async ValueTask WriteTablesAsync(MetadataCopy copy, ulong generation)
    {
        copy.TreeTable = await WriteTableAsync(copy, copy.Tree, copy.TreeTable, generation);
        copy.ChecksumTable = await WriteTableAsync(copy, copy.Checksums, copy.ChecksumTable, generation);
    }

    private async ValueTask<PageAddress[]> WriteTableAsync(MetadataCopy copy, PageTable table, PageAddress[] places, ulong generation)
    {
        var dirty = new List<uint>();
        lock (_state.Gate)
        {
            var old = places.Length;
            Array.Resize(ref places, table.TablePageCount);
            places.AsSpan(old).Fill(PageAddress.None);
            table.CollectDirty(dirty);
        }
        if (dirty.Count == 0) return places;
        var images = Images(dirty.Count);
        lock (_state.Gate)
        {
            for (var i = 0; i < dirty.Count; i++)
            {
                table.SealTablePage((int)dirty[i], generation, images.GetSpan().Slice(i * PageFormat.Size, PageFormat.Size));
                table.MarkClean((int)dirty[i]);
            }
        }
        var addresses = new PageAddress[dirty.Count];
        await copy.Zones.AppendAsync(images.Memory[..(dirty.Count * PageFormat.Size)], addresses);
        for (var i = 0; i < dirty.Count; i++)
        {
            copy.Zones.Supersede(places[dirty[i]]);
            places[dirty[i]] = addresses[i];
        }
        return places;
    }

    private async ValueTask<PageAddress[]> WriteRootsAsync(CheckpointSnapshot snapshot, ulong generation, Location? position)
    {
        var roots = new PageAddress[_state.Copies.Length];
        Array.Fill(roots, PageAddress.None);
        using var page = new AlignedMemory(PageFormat.Size);
        await OnEachCopyAsync(async copy =>
        {
            new CheckpointRoot
            {
                Uuid = _state.Uuid, Generation = generation, NextInode = snapshot.NextInode,
                Journal = position is { } at
                    ? new JournalPosition((uint)at.Zone, at.Block, snapshot.Sequence + 1, _state.Journal.Epoch)
                    : new JournalPosition(JournalPosition.NoZone, 0, snapshot.Sequence + 1, _state.Journal.Epoch),
                TreeRoot = snapshot.TreeRoot, TreeItemCount = (ulong)snapshot.TreeItems, TreePageCount = snapshot.TreePages,
                ChecksumPageCount = _state.Checksums.PageCount, TreeTable = copy.TreeTable, ChecksumTable = copy.ChecksumTable,
            }.Write(page.GetSpan());
            await copy.Zones.AppendAsync(page.Memory, roots.AsMemory(copy.Number, 1));
        });
        return roots;
    }

    /// <summary>Two copies on one device share its flush.</summary>
    private ValueTask FlushAsync(MetadataCopy copy) =>
        copy.Number > 0 && _state.Copies[0] is { IsLost: false } first && first.Device == copy.Device
            ? default
            : copy.Medium.FlushAsync(CancellationToken.None);

    /// <summary>Publishes on every device: each alone then knows the newest roots, and a stale device is found out by its generation.</summary>
    private async ValueTask PublishAsync(ulong generation, PageAddress[] roots, bool withoutFirst)
    {
        var published = 0;
        for (var i = withoutFirst ? 1 : 0; i < _rings.Length; i++)
        {
            if (i > 0 && _state.Zones[i].IsLost) continue;
            try
            {
                await _rings[i].AppendAsync(_state.Superblocks.For(i, generation, _state.Journal.Epoch, RootOf(0, roots), RootOf(1, roots), withoutFirst));
                published++;
            }
            catch (DeviceException failure) when (i > 0)
            {
                // Any other device's superblock tells as much; the first one's must be there, as it has the journal that goes with the roots.
                StateLog.OperationFailed(_state.Log, $"Superblock of tier {_state.Zones[i].Tier}", failure.Message);
            }
        }
        if (published == 0) throw new DeviceException(Errno.EIO, "no device took a superblock");
    }

    private BlockAddress? RootOf(int copy, PageAddress[] roots) => _state.Copies[copy].IsLost || roots[copy].IsNone ? null
        : new BlockAddress((ushort)_state.Copies[copy].Device, roots[copy].Zone, roots[copy].Block);

    private void Complete(ulong generation, PageAddress[] roots)
    {
        foreach (var copy in _state.Copies.Where(copy => !copy.IsLost))
        {
            copy.Zones.Supersede(copy.Root);
            copy.Zones.ReleaseSuperseded();
            copy.Root = roots[copy.Number];
        }
        Generation = generation;
        Count++;
    }
}
