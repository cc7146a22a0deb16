using System.Globalization;
using System.Text;
using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Engine.Checking;

/// <summary>Gives an inode that no path leads to a name again: its number, in the directory /lost+found, which is made where it is missing.</summary>
internal sealed class LostAndFound(ulong inode, bool isDirectory) : IRepair
{
    public const string Folder = "lost+found";
    private const int FoldersMax = 100;

    public string Description => $"Link {(isDirectory ? "directory" : "file")} {inode} into /{Folder} as '#{inode}'.";

    public string? Loss => null;

    public ValueTask DoAsync(VolumeState state)
    {
        lock (state.Gate)
        {
            Link(state);
            state.Journal.EndTransaction();
        }
        return ValueTask.CompletedTask;
    }

    private void Link(VolumeState state)
    {
        // Another repair may have brought it back already.
        if (!ItemChecks.TryRecord(state, inode, out var record) || ItemChecks.PathOf(state, inode) is not null) return;
        if (!TryFolder(state, out var folder)) return;
        RemoveOldName(state, record);
        var key = state.Names.Add(folder, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"#{inode}")), inode, record.Mode);
        if (key == 0) return;
        (record.Parent, record.EntryKey) = (folder, key);
        if (!isDirectory) record.LinkCount = 1;
        state.Items.PutInode(inode, record);
        if (isDirectory) ChangeLinks(state, folder, 1);
    }

    /// <summary>Of directories that are inside of each other: one leaves, with its name.</summary>
    private void RemoveOldName(VolumeState state, in InodeRecord record)
    {
        if (!isDirectory || !ItemChecks.HasNewestName(state, inode, record)) return;
        state.Items.Delete(ItemKeys.Of(record.Parent, ItemKind.Entry, record.EntryKey));
        ChangeLinks(state, record.Parent, -1);
    }

    private static bool TryFolder(VolumeState state, out ulong folder)
    {
        folder = 0;
        for (var i = 0; i < FoldersMax && ItemChecks.TryRecord(state, Volume.RootInode, out _); i++)
        {
            var name = Encoding.UTF8.GetBytes(i == 0 ? Folder : string.Create(CultureInfo.InvariantCulture, $"{Folder}.{i}"));
            if (!state.Names.TryFind(Volume.RootInode, name, out _, out folder))
            {
                folder = Make(state, name);
                return true;
            }
            if (ItemChecks.TryRecord(state, folder, out var record) && FileMode.IsDirectory(record.Mode)) return true;
        }
        return false;
    }

    private static ulong Make(VolumeState state, byte[] name)
    {
        var number = state.NextInode++;
        var now = state.Now;
        var key = state.Names.Add(Volume.RootInode, name, number, FileMode.S_IFDIR);
        state.Items.PutInode(number, new InodeRecord
        {
            AccessTime = now, ModifyTime = now, ChangeTime = now, Parent = Volume.RootInode, EntryKey = key, LinkCount = 2,
            Mode = FileMode.S_IFDIR | 0x1C0, Generation = (uint)state.Journal.Epoch,
        });
        ChangeLinks(state, Volume.RootInode, 1);
        return number;
    }

    private static void ChangeLinks(VolumeState state, ulong directory, int change)
    {
        if (!ItemChecks.TryRecord(state, directory, out var record)) return;
        record.LinkCount = (uint)(record.LinkCount + change);
        state.Items.PutInode(directory, record);
    }
}
