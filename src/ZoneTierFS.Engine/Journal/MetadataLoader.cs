using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// Reads the checkpointed metadata from its two copies. What is damaged in one is taken from the other, and written anew by the next checkpoint; only what is
/// damaged in both is <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class MetadataLoader(VolumeState state, Superblock newest)
{
    private const int PagesPerRead = 64;

    public async Task<CheckpointRoot> LoadAsync(CancellationToken ct)
    {
        var root = await LoadRootsAsync(ct);
        foreach (var copy in state.Copies.Where(copy => !copy.Root.IsNone))
        {
            await LoadTableAsync(copy, copy.Tree, copy.TreeTable, root.TreePageCount, ct);
            await LoadTableAsync(copy, copy.Checksums, copy.ChecksumTable, state.Checksums.PageCount, ct);
        }
        DemandTable("tree", copy => copy.TreeTable);
        DemandTable("checksums", copy => copy.ChecksumTable);
        if (root.TreePageCount > (uint)state.Copies.Max(copy => copy.Tree.TablePageCount) * (ulong)PageTable.EntriesPerPage)
            throw new InvalidDataException($"The checkpoint names {root.TreePageCount} tree pages, more than its table has.");
        state.Pages.Restore(root.TreePageCount, id => state.Copies.Any(copy => !copy.Tree.Get(id).IsNone));
        foreach (var copy in state.Copies) await LoadTreeAsync(copy, ct);
        if (!state.Pages.IsAllocated(root.TreeRoot)) throw new InvalidDataException($"The tree's root, page {root.TreeRoot}, lies nowhere.");
        for (uint id = 0; id < root.TreePageCount; id++)
            if (state.Pages.IsAllocated(id) && !state.Pages.IsResident(id)) throw new InvalidDataException($"Tree page {id} is damaged in every copy.");
        return root;
    }

    /// <summary>Without its table page in any copy nobody knows which pages there are.</summary>
    private void DemandTable(string what, Func<MetadataCopy, PageAddress[]> table)
    {
        var tables = state.Copies.Where(copy => !copy.Root.IsNone).Select(table).ToArray();
        for (var i = 0; i < tables.Max(places => places.Length); i++)
            if (tables.All(places => i >= places.Length || places[i].IsNone))
                throw new InvalidDataException($"Page {i} of the table of the {what} is damaged in every copy.");
    }

    private async Task<CheckpointRoot> LoadRootsAsync(CancellationToken ct)
    {
        var problems = new List<string>();
        CheckpointRoot? root = null;
        foreach (var copy in state.Copies)
        {
            copy.IsWhole = false;
            if ((copy.Number == 0 ? newest.CheckpointRoot : newest.SecondRoot) is not { } at) continue;
            var (read, problem) = await TryReadRootAsync(copy, at, ct);
            if (problem is not null)
            {
                problems.Add(problem);
                StateLog.MetadataDamaged(state.Log, copy.Number + 1, state.Zones[copy.Device].Tier, problem);
                continue;
            }
            root ??= read;
            copy.IsWhole = true;
            copy.Root = new PageAddress(at.Zone, at.Block);
            copy.TreeTable = [.. read!.TreeTable];
            copy.ChecksumTable = [.. read.ChecksumTable];
        }
        return root ?? throw new InvalidDataException(problems.Count == 0 ? "The newest superblock names no checkpoint." : string.Join(" ", problems));
    }

    private async Task<(CheckpointRoot? Root, string? Problem)> TryReadRootAsync(MetadataCopy copy, BlockAddress at, CancellationToken ct)
    {
        using var page = new AlignedMemory(PageFormat.Size);
        var where = $"The checkpoint root of generation {newest.Generation} at {at}";
        if (at.Device != copy.Device || !copy.Zones.CanHold(new PageAddress(at.Zone, at.Block))) return (null, $"{where} is no place for one.");
        if (await TryReadAsync(copy, new PageAddress(at.Zone, at.Block), page.Memory, ct) is { } failure) return (null, $"{where} cannot be read: {failure}");
        if (!CheckpointRoot.TryRead(page.GetSpan(), newest.Uuid, out var root, out var problem)) return (null, $"{where} is damaged: {problem}.");
        return root.Generation == newest.Generation ? (root, null) : (null, $"{where} is damaged: it is of generation {root.Generation}.");
    }

    private static async Task<string?> TryReadAsync(MetadataCopy copy, PageAddress from, Memory<byte> into, CancellationToken ct)
    {
        try
        {
            await copy.Medium.ReadAsync(new ZoneAddress(new ZoneId((int)from.Zone), (long)from.Block * Zones.DeviceZones.BlockSize), into, ct);
            return null;
        }
        catch (DeviceException failure)
        {
            return failure.Message;
        }
    }

    /// <summary>A table page that cannot be read takes the places of its pages with it; the other copy has them.</summary>
    private async Task LoadTableAsync(MetadataCopy copy, PageTable table, PageAddress[] places, uint pageCount, CancellationToken ct)
    {
        using var page = new AlignedMemory(PageFormat.Size);
        for (var i = 0; i < places.Length; i++)
        {
            var problem = copy.Zones.CanHold(places[i]) ? await TryReadAsync(copy, places[i], page.Memory, ct) : $"{places[i]} is no place for a page";
            problem ??= TryLoad(table, i, page.GetSpan());
            if (problem is null && !ForgetImpossible(copy, table, i, pageCount)) continue;
            if (problem is not null)
            {
                places[i] = PageAddress.None;
                table.AddLostPage();
            }
            copy.IsWhole = false;
            StateLog.MetadataDamaged(state.Log, copy.Number + 1, state.Zones[copy.Device].Tier, problem ?? "a table names places where no page can lie");
        }
    }

    private string? TryLoad(PageTable table, int index, ReadOnlySpan<byte> image)
    {
        try
        {
            RootRules.DemandAge(newest.Generation, image);
            table.LoadTablePage(index, image);
            return null;
        }
        catch (InvalidDataException damage)
        {
            return damage.Message;
        }
    }

    /// <summary>Takes out places where no page can lie, and those of pages that there are not. True where there were any.</summary>
    private static bool ForgetImpossible(MetadataCopy copy, PageTable table, int index, uint pageCount)
    {
        var found = false;
        var first = (uint)index * PageTable.EntriesPerPage;
        for (var id = first; id < first + PageTable.EntriesPerPage; id++)
        {
            if (table.Get(id) is not { IsNone: false } place || (id < pageCount && copy.Zones.CanHold(place))) continue;
            copy.Miss(table, id);
            found = true;
        }
        return found;
    }

    /// <summary>Reads the pages that are not in memory yet, neighbours on media in one read.</summary>
    private async Task LoadTreeAsync(MetadataCopy copy, CancellationToken ct)
    {
        var pages = copy.Tree.Addresses().Where(page => !state.Pages.IsResident(page.Id))
            .OrderBy(page => page.Address.Zone).ThenBy(page => page.Address.Block).ToArray();
        using var buffer = new AlignedMemory(PagesPerRead * PageFormat.Size);
        for (var i = 0; i < pages.Length;)
        {
            var count = 1;
            while (i + count < pages.Length && count < PagesPerRead && pages[i + count].Address.Zone == pages[i].Address.Zone
                && pages[i + count].Address.Block == pages[i].Address.Block + count * MetadataZones.BlocksPerPage) count++;
            var failure = await TryReadAsync(copy, pages[i].Address, buffer.Memory[..(count * PageFormat.Size)], ct);
            for (var j = 0; j < count; j++)
            {
                var (id, at) = pages[i + j];
                var image = buffer.Memory.Slice(j * PageFormat.Size, PageFormat.Size);
                // One block that cannot be read must not take its neighbours with it.
                var problem = failure is null || count == 1 ? failure : await TryReadAsync(copy, at, image, ct);
                if ((problem ?? TryLoad(id, image.Span)) is not { } damage) continue;
                StateLog.MetadataDamaged(state.Log, copy.Number + 1, state.Zones[copy.Device].Tier, damage);
                copy.Miss(copy.Tree, id);
            }
            i += count;
        }
    }

    private string? TryLoad(uint id, ReadOnlySpan<byte> image)
    {
        try
        {
            RootRules.DemandAge(newest.Generation, image);
            state.Pages.Load(id, image);
            return null;
        }
        catch (InvalidDataException damage)
        {
            return damage.Message;
        }
    }
}
