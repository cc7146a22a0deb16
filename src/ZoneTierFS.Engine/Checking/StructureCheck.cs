using System.Runtime.InteropServices;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Engine.Checking;

/// <summary>
/// The shape of the tree, and what its items mean to each other: one pass over all items, in the order of their inodes. Wants the state lock from beginning to
/// end, because between two transactions everything agrees and within one nothing need.
/// </summary>
internal sealed class StructureCheck(VolumeState state, FindingList findings)
{
    private const int SymlinkBytesMax = 4095;
    private const ulong None = ulong.MaxValue;

    private readonly NameCheck _names = new(state, findings);
    private readonly ExtentCheck _extents = new(state, findings);
    private readonly AttributeCheck _attributes = new(state, findings);
    private readonly RecordCheck _records = new(state, findings);
    private ulong _inode = None;
    private bool _hasRecord;

    /// <summary>Without a root no name leads anywhere, which would be said of everything.</summary>
    private bool _hasRoot;
    private InodeRecord _record;
    private int _strays;
    private bool _hasTarget;

    public long Files { get; private set; }

    /// <summary>Which blocks of the devices belong to files.</summary>
    public BlockMap Blocks => _extents.Blocks;

    /// <param name="isAtRest">The volume was just read, and nothing was changed since.</param>
    public void Run(bool isAtRest)
    {
        try
        {
            VerifyTree();
            _hasRoot = ItemChecks.TryRecord(state, Volume.RootInode, out _);
            Scan();
        }
        catch (Exception broken) when (broken is InvalidDataException or InvalidOperationException)
        {
            // Pages that contradict each other, or are not there: what lies behind them cannot be reached.
            findings.Add(new CheckFinding(FindingKind.Tree, $"the tree of items cannot be followed: {broken.Message}"));
            return;
        }
        _extents.Finish();
        if (_hasRoot) _names.Finish();
        else
            findings.Add(new CheckFinding(FindingKind.Record, "the root directory has no record")
            {
                Inode = Volume.RootInode, Repair = ItemRepairs.MakeRoot(),
            });
        if (isAtRest && state.RecordedNextInode < state.NextInode)
            findings.Add(new CheckFinding(FindingKind.InodeNumber, $"the next inode number is {state.RecordedNextInode}, inode {state.NextInode - 1} is there")
            {
                Repair = ItemRepairs.NextInode(),
            });
    }

    private void VerifyTree()
    {
        try
        {
            state.Tree.Verify();
        }
        catch (InvalidDataException broken)
        {
            findings.Add(new CheckFinding(FindingKind.Tree, broken.Message));
        }
    }

    private void Scan()
    {
        var scan = state.Tree.Scan(new ItemKey(0, 0));
        while (scan.MoveNext())
        {
            var inode = ItemKeys.InodeOf(scan.Key);
            if (inode != _inode)
            {
                EndInode();
                BeginInode(inode);
            }
            if (inode == 0) VisitMark(scan.Key, scan.Value);
            else if (ItemKeys.KindOf(scan.Key) == ItemKind.Inode) VisitRecord(scan.Key, scan.Value);
            else if (!_hasRecord) _strays++;
            else Visit(scan.Key, scan.Value);
        }
        EndInode();
    }

    private void BeginInode(ulong inode)
    {
        (_inode, _hasRecord, _strays, _hasTarget) = (inode, false, 0, false);
        _names.BeginDirectory();
        _extents.BeginInode();
        _attributes.BeginInode();
    }

    private void VisitMark(ItemKey key, ReadOnlySpan<byte> value)
    {
        if (ItemKeys.KindOf(key) == ItemKind.Orphan && value.IsEmpty) _names.Orphan(key.Low);
        else AddStray(key, "an item of no inode that is no mark");
    }

    private void VisitRecord(ItemKey key, ReadOnlySpan<byte> value)
    {
        if (!ItemChecks.IsReadable(state, key, value))
        {
            findings.Add(ItemChecks.Finding(state, FindingKind.Record, _inode, $"the record has {value.Length} bytes, or is not the only one",
                ItemRepairs.Remove(key, $"the malformed record of inode {_inode}", $"Inode {_inode}: what it is, and its data.")));
            return;
        }
        _hasRecord = ItemChecks.TryRecord(state, _inode, out _record);
        _records.Check(_inode, MemoryMarshal.Read<InodeRecord>(value));
        if (FileMode.IsRegular(_record.Mode)) Files++;
    }

    private void Visit(ItemKey key, ReadOnlySpan<byte> value)
    {
        var kind = ItemKeys.KindOf(key);
        switch (kind)
        {
            case ItemKind.Symlink when FileMode.IsSymlink(_record.Mode) && key.Low == 0:
                _hasTarget = true;
                CheckTarget(value.Length);
                break;
            case ItemKind.Symlink:
                findings.Add(ItemChecks.Finding(state, FindingKind.Symlink, _inode, "a target of what is no symbolic link",
                    ItemRepairs.Remove(key, $"the target of inode {_inode}, which is no symbolic link", "The target.")));
                break;
            case ItemKind.Xattr:
                _attributes.Attribute(key, value);
                break;
            case ItemKind.XattrPart:
                _attributes.Part(key);
                break;
            case ItemKind.Entry when FileMode.IsDirectory(_record.Mode):
                if (_hasRoot) _names.Entry(key, value);
                break;
            case ItemKind.Extent when FileMode.IsRegular(_record.Mode):
                _extents.Extent(key, value, _record);
                break;
            case ItemKind.Promoted when FileMode.IsRegular(_record.Mode):
                _extents.Copy(key, value);
                break;
            default:
                AddStray(key, $"an item of kind {(byte)kind} that an inode of mode {_record.Mode:x} cannot have");
                break;
        }
    }

    private void CheckTarget(int length)
    {
        if (length is 0 or > SymlinkBytesMax)
            findings.Add(ItemChecks.Finding(state, FindingKind.Symlink, _inode, $"a target of {length} bytes", null));
        else if (_record.Size != (ulong)length)
            findings.Add(ItemChecks.Finding(state, FindingKind.Symlink, _inode, $"the size is {_record.Size}, the target has {length} bytes",
                ItemRepairs.Record(_inode, $"Correct the size of symbolic link {_inode}.", null, (ref InodeRecord record) => record.Size = (ulong)length)));
    }

    private void EndInode()
    {
        if (_inode is None or 0) return;
        if (_strays > 0 && _inode != Volume.RootInode)
            findings.Add(ItemChecks.Finding(state, FindingKind.Stray, _inode, $"{_strays} items of an inode without a record",
                ItemRepairs.RemoveAll(_inode, $"{_strays} items")));
        if (!_hasRecord) return;
        if (FileMode.IsSymlink(_record.Mode) && !_hasTarget)
            findings.Add(ItemChecks.Finding(state, FindingKind.Symlink, _inode, "a symbolic link without a target", RemoveLink(_inode)));
        _attributes.EndInode(_inode);
        _extents.EndInode(_inode, _record);
        if (_hasRoot) _names.EndInode(_inode, _record);
    }

    /// <summary>Its names then lead nowhere, and are removed in the next round.</summary>
    private static ItemRepair RemoveLink(ulong inode) => new ItemRepair($"Remove symbolic link {inode}.", "Where it led is not known already.",
        state => state.Items.DeleteRange(ItemKeys.Of(inode, ItemKind.Inode), ItemKeys.Of(inode + 1, ItemKind.Inode)));

    private void AddStray(ItemKey key, string problem) => findings.Add(ItemChecks.Finding(
        state, FindingKind.Stray, ItemKeys.InodeOf(key), problem, ItemRepairs.Remove(key, $"{problem}, under inode {ItemKeys.InodeOf(key)}", "The item.")));
}
