using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Engine.Checking;

/// <summary>Whether the fields of an inode's record can be so.</summary>
internal sealed class RecordCheck(VolumeState state, FindingList findings)
{
    private const InodeFlags KnownFlags = InodeFlags.Sealed | InodeFlags.Immutable;

    /// <param name="inode">Its number.</param>
    /// <param name="record">As stored.</param>
    public void Check(ulong inode, in InodeRecord record)
    {
        if (!ItemChecks.IsType(record.Mode)) Add(inode, $"the mode {record.Mode:x} names no type", "its type is that of its name or its items", Keep);
        if (!Enum.IsDefined(record.Class) || !Enum.IsDefined(record.Reason))
            Add(inode, $"class {(byte)record.Class} by rule {(byte)record.Reason} is unknown", "its class becomes other", FixClass);
        if (record.Pin > state.Zones.Length) Add(inode, $"it is pinned to tier {record.Pin} of {state.Zones.Length}", "its pin is removed", FixPin);
        if ((record.Flags & ~KnownFlags) != 0) Add(inode, $"flags {(byte)record.Flags:x} are unknown", "they are removed", FixFlags);
        if (record.Size > long.MaxValue) Add(inode, $"a size of {record.Size} bytes cannot be", "it ends with its last extent", FixSize);
        if (inode == Volume.RootInode && (!FileMode.IsDirectory(record.Mode) || record.Parent != Volume.RootInode))
            Add(inode, "the root directory is none, or has a parent", "it becomes one", FixRoot);

        void FixSize(ref InodeRecord changed) => changed.Size = EndOf(inode);
    }

    private void Add(ulong inode, string problem, string becomes, RecordChange change) => findings.Add(ItemChecks.Finding(
        state, FindingKind.Record, inode, problem, ItemRepairs.Record(inode, $"Correct the record of inode {inode}: {becomes}.", null, change)));

    /// <summary>Whoever reads a record through <see cref="ItemChecks.TryRecord"/> sees the right type already, so that it need only be stored.</summary>
    private static void Keep(ref InodeRecord record)
    {
    }

    private static void FixClass(ref InodeRecord record) => (record.Class, record.Reason) = (FileClass.Other, ClassReason.DefaultOther);

    private static void FixPin(ref InodeRecord record) => record.Pin = 0;

    private static void FixFlags(ref InodeRecord record) => record.Flags &= KnownFlags;

    private static void FixRoot(ref InodeRecord record) =>
        (record.Mode, record.Parent) = ((record.Mode & FileMode.PermissionMask) | FileMode.S_IFDIR, Volume.RootInode);

    private ulong EndOf(ulong inode)
    {
        var end = 0ul;
        var scan = state.Tree.Scan(ItemKeys.Of(inode, ItemKind.Extent));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, ItemKind.Extent).High)
            if (ItemChecks.RunsOf(state, scan.Key, scan.Value) is [.., { } last]) end = last.End * Zones.DeviceZones.BlockSize;
        return end;
    }
}
