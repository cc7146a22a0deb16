using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Engine.Checking;

/// <summary>
/// Whether names, link counts, parents and marks of deletion agree. It remembers directories, further names of files, and what does not add up; a file with
/// one name costs it nothing.
/// </summary>
internal sealed class NameCheck(VolumeState state, FindingList findings)
{
    private const ulong Unnamed = 0;

    private readonly Dictionary<ulong, ulong> _parents = [];
    private readonly Dictionary<ulong, uint> _furtherNames = [];
    private readonly HashSet<ulong> _unsettled = [];
    private readonly HashSet<ulong> _orphans = [];
    private uint _subdirectories;

    public void Orphan(ulong inode) => _orphans.Add(inode);

    public void BeginDirectory() => _subdirectories = 0;

    /// <summary>An entry of a directory.</summary>
    public void Entry(ItemKey key, ReadOnlySpan<byte> value)
    {
        var directory = ItemKeys.InodeOf(key);
        if (!ItemChecks.TryEntry(key.Low, value, out var target, out var type, out var name))
        {
            Add(key, directory, value.Length > 9 ? ItemRepairs.Name(value[9..]) : "", "is malformed or under a wrong key");
            return;
        }
        var shown = ItemRepairs.Name(name);
        if (!ItemChecks.TryRecord(state, target, out var record)) Add(key, directory, shown, $"names inode {target}, which is not there");
        else if (target == Volume.RootInode) Add(key, directory, shown, "names the root directory");
        else if (HasEarlier(key, name)) Add(key, directory, shown, "is there twice");
        else
        {
            if (type != (byte)((record.Mode & FileMode.S_IFMT) >> 12))
                findings.Add(Finding(FindingKind.Entry, directory, $"the entry '{shown}' says type {type}, inode {target} has mode {record.Mode:x}",
                    ItemRepairs.EntryType(key, shown, record.Mode)));
            Count(key, directory, shown, target, record);
        }
    }

    private void Count(ItemKey key, ulong directory, string name, ulong target, in InodeRecord record)
    {
        var isNewest = record.Parent == directory && record.EntryKey == key.Low;
        if (!FileMode.IsDirectory(record.Mode))
        {
            if (!isNewest) _furtherNames[target] = _furtherNames.GetValueOrDefault(target) + 1;
        }
        else if (isNewest)
        {
            _subdirectories++;
        }
        else if (ItemChecks.HasNewestName(state, target, record))
        {
            Add(key, directory, name, $"is a second name of directory {target}");
        }
        else
        {
            findings.Add(Finding(FindingKind.Record, target, $"the directory does not know that its name is '{name}' in inode {directory}",
                ItemRepairs.Record(target, $"Enter directory {directory} as the parent of directory {target}.", null,
                    (ref InodeRecord changed) => (changed.Parent, changed.EntryKey) = (directory, key.Low))));
            _subdirectories++;
            _parents[target] = directory;
        }
    }

    /// <summary>A name may stand in several slots of its hash only by a mistake.</summary>
    private bool HasEarlier(ItemKey key, ReadOnlySpan<byte> name)
    {
        for (var slot = NameKey.First(name); slot < key.Low; slot++)
        {
            if (state.Tree.TryGet(key with { Low = slot }, out var value) && ItemChecks.TryEntry(slot, value, out var target, out _, out var other)
                && other.SequenceEqual(name) && ItemChecks.TryRecord(state, target, out _)) return true;
        }
        return false;
    }

    private void Add(ItemKey key, ulong directory, string name, string problem) => findings.Add(Finding(FindingKind.Entry, directory,
        $"the entry '{name}' {problem}",
        ItemRepairs.Remove(key, $"the entry '{name}' from directory {directory}", $"The name '{name}' in directory {directory}.")));

    /// <summary>All items of an inode were seen.</summary>
    public void EndInode(ulong inode, in InodeRecord record)
    {
        var isDirectory = FileMode.IsDirectory(record.Mode);
        var isNamed = ItemChecks.HasNewestName(state, inode, record);
        if (!isDirectory)
        {
            if (record.LinkCount != (isNamed ? 1u : 0u) || !isNamed) _unsettled.Add(inode);
            return;
        }
        if (inode != Volume.RootInode) _parents.TryAdd(inode, isNamed ? record.Parent : Unnamed);
        CheckLinks(inode, record.LinkCount, 2 + _subdirectories);
    }

    private void CheckLinks(ulong inode, uint found, uint expected)
    {
        if (found == expected) return;
        findings.Add(Finding(FindingKind.Links, inode, $"the link count is {found}, the names make {expected}",
            ItemRepairs.Record(inode, $"Correct the link count of inode {inode} from {found} to {expected}.", null,
                (ref InodeRecord record) => record.LinkCount = expected)));
    }

    /// <summary>All items were seen.</summary>
    public void Finish()
    {
        foreach (var inode in _unsettled.Union(_furtherNames.Keys).Order()) CheckFile(inode);
        foreach (var inode in _orphans.Order())
            if (!IsOrphan(inode))
                findings.Add(Finding(FindingKind.Orphan, inode, "the mark of an inode to be deleted is on one that has a name, or on none",
                    ItemRepairs.Remove(ItemKeys.Of(0, ItemKind.Orphan, inode), $"the mark that inode {inode} is to be deleted", null)));
        CheckReachable();
    }

    private bool IsOrphan(ulong inode) =>
        ItemChecks.TryRecord(state, inode, out var record) && record.LinkCount == 0 && !FileMode.IsDirectory(record.Mode) && NamesOf(inode, record) == 0;

    private uint NamesOf(ulong inode, in InodeRecord record) =>
        _furtherNames.GetValueOrDefault(inode) + (ItemChecks.HasNewestName(state, inode, record) ? 1u : 0u);

    private void CheckFile(ulong inode)
    {
        if (!ItemChecks.TryRecord(state, inode, out var record)) return;
        var names = NamesOf(inode, record);
        if (names > 0) CheckLinks(inode, record.LinkCount, names);
        else if (record.LinkCount > 0 || !_orphans.Contains(inode))
            findings.Add(Finding(FindingKind.Unreachable, inode, "no name leads to the file", new LostAndFound(inode, isDirectory: false)));
    }

    /// <summary>Follows every directory up to the root; what ends elsewhere, or nowhere, is out of reach with all below it.</summary>
    private void CheckReachable()
    {
        var reached = new HashSet<ulong> { Volume.RootInode };
        var (path, onPath) = (new List<ulong>(), new HashSet<ulong>());
        foreach (var start in _parents.Keys.Order())
        {
            path.Clear();
            onPath.Clear();
            var inode = start;
            while (!reached.Contains(inode) && inode != Unnamed && onPath.Add(inode))
            {
                path.Add(inode);
                inode = _parents.GetValueOrDefault(inode, Unnamed);
            }
            if (!reached.Contains(inode))
            {
                // The top of what is out of reach, or any one of a circle: when that has a name again, all the others have.
                var top = inode == Unnamed ? path[^1] : inode;
                var problem = inode == Unnamed ? "no name leads to the directory" : "the directory is inside of itself";
                findings.Add(Finding(FindingKind.Unreachable, top, problem, new LostAndFound(top, isDirectory: true)));
            }
            reached.UnionWith(path);
        }
    }

    private CheckFinding Finding(FindingKind kind, ulong inode, string text, IRepair repair) => ItemChecks.Finding(state, kind, inode, text, repair);
}
