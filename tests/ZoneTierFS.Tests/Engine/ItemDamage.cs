using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using Mode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Ways to make the items of a volume contradict each other.</summary>
internal static class ItemDamage
{
    private const ulong Nobody = 777;

    private static readonly string[] s_mixed =
    [
        "links of a file", "links of a directory", "links of the root", "dangling entry", "entry type", "entry under a wrong key", "entry twice",
        "malformed entry", "entry for the root", "second name of a directory", "unknown parent", "mark on a file", "mark on nothing", "items without record",
        "unknown kind", "name in a file", "pin", "flags", "type", "type of a directory", "link's size", "target of a file", "attribute's part",
        "malformed attribute", "copy of nothing", "copy nowhere", "next inode number",
    ];

    private static readonly string[] s_mixedExtents = ["outside", "superblock", "malformed", "missing"];

    /// <summary>Something of the above, or an item is gone.</summary>
    public static void BreakAny(BrokenVolume broken, VolumeState state, Random random)
    {
        switch (random.Next(4))
        {
            case 0 when state.Tree.TryGet(ItemKeys.Of(broken.Deep, ItemKind.Extent), out var extent) && extent.Length > 7:
                BreakExtents(broken, state, s_mixedExtents[random.Next(s_mixedExtents.Length)]);
                break;
            case 1:
                RemoveAny(state, random);
                break;
            default:
                if (BrokenVolume.HasRecord(state, broken.File, broken.Deep, broken.Link, broken.Inner, broken.Outer, Volume.RootInode))
                    Break(broken, state, s_mixed[random.Next(s_mixed.Length)]);
                break;
        }
    }

    private static void RemoveAny(VolumeState state, Random random)
    {
        var keys = new List<ItemKey>();
        var scan = state.Tree.Scan(ItemKey.MinValue);
        while (scan.MoveNext()) keys.Add(scan.Key);
        state.Items.Delete(keys[random.Next(keys.Count)]);
    }

    /// <summary>Damage that only contradicts the rest: nothing is lost by it.</summary>
    public static void Break(BrokenVolume broken, VolumeState state, string damage)
    {
        switch (damage)
        {
            case "links of a file":
                BrokenVolume.ChangeRecord(state, broken.File, (ref InodeRecord record) => record.LinkCount = 9);
                break;
            case "links of a directory":
                BrokenVolume.ChangeRecord(state, broken.Outer, (ref InodeRecord record) => record.LinkCount = 2);
                break;
            case "links of the root":
                BrokenVolume.ChangeRecord(state, Volume.RootInode, (ref InodeRecord record) => record.LinkCount = 0);
                break;
            case "blocks":
                BrokenVolume.ChangeRecord(state, broken.File, (ref InodeRecord record) => record.Blocks += 5);
                break;
            case "pin":
                BrokenVolume.ChangeRecord(state, broken.File, (ref InodeRecord record) => record.Pin = 9);
                break;
            case "flags":
                BrokenVolume.ChangeRecord(state, broken.File, (ref InodeRecord record) => record.Flags |= (InodeFlags)0x40);
                break;
            case "type":
                BrokenVolume.ChangeRecord(state, broken.Deep, (ref InodeRecord record) => record.Mode |= Mode.S_IFMT);
                break;
            case "type of a directory":
                BrokenVolume.ChangeRecord(state, broken.Inner, (ref InodeRecord record) => record.Mode &= ~Mode.S_IFMT);
                break;
            case "link's size":
                BrokenVolume.ChangeRecord(state, broken.Link, (ref InodeRecord record) => record.Size = 1);
                break;
            case "unknown parent":
                BrokenVolume.ChangeRecord(state, broken.Inner, (ref InodeRecord record) => record.Parent = Nobody);
                break;
            case "next inode number":
                state.NextInode = 3;
                break;
            default:
                Add(broken, state, damage);
                break;
        }
    }

    private static void Add(BrokenVolume broken, VolumeState state, string damage)
    {
        switch (damage)
        {
            case "dangling entry":
                BrokenVolume.PutEntry(state, broken.Outer, "ghost", Nobody, Mode.S_IFREG);
                break;
            case "entry type":
                BrokenVolume.PutEntry(state, broken.Outer, "file", broken.File, Mode.S_IFIFO);
                break;
            case "entry under a wrong key":
                BrokenVolume.PutEntry(state, broken.Outer, "third", broken.File, Mode.S_IFREG, keyPlus: 1ul << 20);
                break;
            case "entry twice":
                BrokenVolume.PutEntry(state, broken.Outer, "file", broken.File, Mode.S_IFREG, keyPlus: 3);
                break;
            case "malformed entry":
                state.Items.Put(ItemKeys.Of(broken.Outer, ItemKind.Entry, 1 << 9), [1, 2]);
                break;
            case "entry for the root":
                BrokenVolume.PutEntry(state, broken.Outer, "up", Volume.RootInode, Mode.S_IFDIR);
                break;
            case "second name of a directory":
                BrokenVolume.PutEntry(state, Volume.RootInode, "again", broken.Inner, Mode.S_IFDIR);
                break;
            case "mark on a file":
                state.Items.Put(ItemKeys.Of(0, ItemKind.Orphan, broken.File), []);
                break;
            case "mark on nothing":
                state.Items.Put(ItemKeys.Of(0, ItemKind.Orphan, Nobody), []);
                break;
            case "items without record":
                BrokenVolume.PutEntry(state, Nobody, "ghost", broken.File, Mode.S_IFREG);
                break;
            case "unknown kind":
                state.Items.Put(ItemKeys.Of(broken.File, (ItemKind)200), [1]);
                break;
            case "name in a file":
                BrokenVolume.PutEntry(state, broken.Deep, "ghost", broken.Link, Mode.S_IFLNK);
                break;
            case "target of a file":
                state.Items.Put(ItemKeys.Of(broken.File, ItemKind.Symlink), [65]);
                break;
            case "attribute's part":
                state.Items.Put(ItemKeys.Of(broken.Deep, ItemKind.XattrPart, 1 << 10), [1]);
                break;
            case "malformed attribute":
                state.Items.Put(ItemKeys.Of(broken.Deep, ItemKind.Xattr, 1 << 10), [200, 1]);
                break;
            case "copy of nothing":
                BrokenVolume.PutExtent(state, ItemKind.Promoted, broken.Deep, new Extent(10_000, 2, new Location(0, 9, 0)));
                break;
            case "copy nowhere":
                BrokenVolume.PutExtent(state, ItemKind.Promoted, broken.Deep, new Extent(0, 2, new Location(1, 9, 0)));
                break;
            default:
                throw new ArgumentException($"No such damage: {damage}.", nameof(damage));
        }
    }

    /// <summary>Damage to the extents of <see cref="BrokenVolume.Deep"/>.</summary>
    public static void BreakExtents(BrokenVolume broken, VolumeState state, string damage)
    {
        var first = BrokenVolume.FirstExtent(state, broken.Deep);
        switch (damage)
        {
            case "outside":
                BrokenVolume.PutExtent(state, ItemKind.Extent, broken.Deep, first with { At = new Location(0, 4000, 0) });
                break;
            case "superblock":
                BrokenVolume.PutExtent(state, ItemKind.Extent, broken.Deep, first with { At = new Location(1, 1, 0) });
                break;
            case "malformed":
                state.Items.Put(ItemKeys.Of(broken.Deep, ItemKind.Extent), [1, 2, 3]);
                break;
            case "missing":
                state.Items.Delete(ItemKeys.Of(broken.Deep, ItemKind.Extent));
                break;
            default:
                // Four blocks of the file lie in both, the last four in none.
                BrokenVolume.PutExtent(state, ItemKind.Extent, broken.Deep, first with { Count = 14 });
                BrokenVolume.PutExtent(state, ItemKind.Extent, broken.Deep, new Extent(10, first.Count - 14, first.At.Plus(14)));
                break;
        }
    }
}
