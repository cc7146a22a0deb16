using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Inspecting;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>
/// Shows the structures of a volume that is not in use as they lie on its devices, also where it cannot be opened. Writes nothing and does not own
/// the devices. Metadata is that of the newest checkpoint; what changed since is in the journal. Throws <see cref="VolumeException"/> where what leads to a
/// structure is gone.
/// </summary>
public sealed class VolumeInspector(IReadOnlyList<TierDevice> devices)
{
    /// <summary>Every superblock in the rings of all devices, and which is the newest.</summary>
    public Task<Inspection> SuperblocksAsync(CancellationToken ct) => SuperblockInspection.RunAsync(devices, ct);

    /// <summary>A zone as its device reports it, and its footer.</summary>
    public Task<Inspection> ZoneAsync(int device, int zone, CancellationToken ct) => ZoneInspection.RunAsync(devices[device], zone, ct);

    /// <summary>The journal's batches from the checkpoint on, and why they end.</summary>
    public async Task<Inspection> JournalAsync(CancellationToken ct) =>
        await JournalInspection.RunAsync(devices, await CheckpointPages.OpenAsync(devices, ct), ct);

    public async Task<Inspection> RootAsync(CancellationToken ct)
    {
        var pages = await CheckpointPages.OpenAsync(devices, ct);
        var root = pages.Root;
        return new Inspection($"checkpoint root of generation {root.Generation}")
            .With("at", pages.RootAddress).With("uuid", root.Uuid).With("nextInode", root.NextInode).With("items", root.TreeItemCount)
            .With("treeRoot", root.TreeRoot).With("treePages", root.TreePageCount).With("checksumPages", root.ChecksumPageCount)
            .With("treeTable", string.Join("; ", root.TreeTable)).With("checksumTable", string.Join("; ", root.ChecksumTable))
            .With("journal", $"zone {root.Journal.Zone} block {root.Journal.Block}").With("journalSequence", root.Journal.NextSequence)
            .With("journalEpoch", root.Journal.Epoch);
    }

    /// <summary>A page of the tree by its id, with what is in it.</summary>
    public async Task<Inspection> PageAsync(uint id, CancellationToken ct) =>
        await PageInspection.RunAsync(await CheckpointPages.OpenAsync(devices, ct), id, ct);

    /// <summary>The pages from the tree's root down to the leaf where an item is or belongs.</summary>
    public async Task<Inspection> TreePathAsync(ulong high, ulong low, CancellationToken ct) =>
        await PageInspection.PathAsync(await CheckpointPages.OpenAsync(devices, ct), new ItemKey(high, low), ct);

    /// <summary>Where the checksums of a zone's blocks are, and which of their pages are damaged.</summary>
    public async Task<Inspection> ChecksumsAsync(CancellationToken ct)
    {
        var pages = await CheckpointPages.OpenAsync(devices, ct);
        var shown = new Inspection("checksum pages").With("pages", pages.Root.ChecksumPageCount);
        using var image = new AlignedMemory(PageFormat.Size);
        for (uint id = 0; id < pages.Root.ChecksumPageCount; id++)
        {
            var address = await pages.FindAsync(PageKind.Checksum, id, ct);
            if (address.IsNone) continue;
            shown.Parts.Add(new Inspection($"page {id}").With("at", address)
                .With("state", await pages.TryReadAsync(PageKind.Checksum, id, image.Memory, ct) ?? "whole"));
        }
        return shown;
    }

    /// <summary>All items of an inode, decoded.</summary>
    public async Task<Inspection> InodeAsync(ulong inode, CancellationToken ct)
    {
        if (inode > ItemKeys.InodeMax) throw new VolumeException(VolumeFault.NotFormatted, $"There is no inode {inode}.");
        var walk = new TreeWalk(await CheckpointPages.OpenAsync(devices, ct));
        var shown = new Inspection($"inode {inode}");
        await walk.ScanAsync(ItemKeys.Of(inode, ItemKind.Inode), ItemKeys.Of(inode + 1, ItemKind.Inode), (key, value) =>
        {
            shown.Parts.Add(ItemText.Describe(key, value));
            return true;
        }, ct);
        return WithDamage(shown.With("items", shown.Parts.Count), walk);
    }

    /// <summary>The inode that a path leads to, as <see cref="InodeAsync"/>; null where there is none in the checkpoint.</summary>
    public async Task<Inspection?> FileAsync(string path, CancellationToken ct)
    {
        var walk = new TreeWalk(await CheckpointPages.OpenAsync(devices, ct));
        var inode = Volume.RootInode;
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (await PathInspection.FindAsync(walk, inode, part, ct) is not { } child) return null;
            inode = child;
        }
        return await InodeAsync(inode, ct);
    }

    /// <summary>How many items of each kind there are, and their bytes.</summary>
    public async Task<Inspection> ItemsAsync(CancellationToken ct)
    {
        var walk = new TreeWalk(await CheckpointPages.OpenAsync(devices, ct));
        var sums = new SortedDictionary<byte, (long Count, long Bytes)>();
        await walk.ScanAsync(ItemKey.MinValue, ItemKey.MaxValue, (key, value) =>
        {
            var (count, bytes) = sums.GetValueOrDefault((byte)key.High);
            sums[(byte)key.High] = (count + 1, bytes + TreePage.EntrySize + value.Length);
            return true;
        }, ct);
        var shown = new Inspection("items").With("items", sums.Values.Sum(sum => sum.Count)).With("bytes", sums.Values.Sum(sum => sum.Bytes));
        foreach (var (kind, sum) in sums)
            shown.Parts.Add(new Inspection(((ItemKind)kind).ToString()).With("items", sum.Count).With("bytes", sum.Bytes));
        return WithDamage(shown, walk);
    }

    private static Inspection WithDamage(Inspection shown, TreeWalk walk)
    {
        foreach (var damaged in walk.Damaged) shown.Parts.Add(new Inspection("damaged").With("what", damaged));
        return shown;
    }
}
