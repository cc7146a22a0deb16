using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// What comes into a checkpoint although it did not change: the pages of nearly dead metadata zones, so that these die with it, and the pages that a copy lacks
/// because they were damaged there, or because it is new.
/// </summary>
internal sealed class CheckpointRewrite(VolumeState state)
{
    /// <summary>Marks them as changed.</summary>
    public async ValueTask RunAsync()
    {
        var checksums = new SortedSet<uint>();
        lock (state.Gate)
        {
            foreach (var copy in state.Copies.Where(copy => !copy.IsLost))
            {
                if (copy.Zones.ChooseVictim() is var victim and >= 0) MarkZone(copy, victim, checksums);
                if (!copy.IsWhole) MarkMissing(copy, checksums);
            }
        }
        foreach (var id in checksums) await RewriteChecksumsAsync(id);
    }

    /// <summary>A page of checksums that can be read nowhere stays where it is: the blocks that it vouches for are EIO, nothing else.</summary>
    private async ValueTask RewriteChecksumsAsync(uint id)
    {
        try
        {
            await state.Checksums.RewriteAsync(id);
        }
        catch (DeviceException failure)
        {
            StateLog.OperationFailed(state.Log, "Keeping checksums", failure.Message);
        }
    }

    private void MarkZone(MetadataCopy copy, int zone, SortedSet<uint> checksums)
    {
        foreach (var (id, at) in copy.Tree.Addresses())
            if (at.Zone == zone && state.Pages.IsResident(id)) state.Pages.MarkDirty(id);
        MarkTablePages(copy.TreeTable, copy.Tree, zone);
        MarkTablePages(copy.ChecksumTable, copy.Checksums, zone);
        checksums.UnionWith(copy.Checksums.Addresses().Where(entry => entry.Address.Zone == zone).Select(entry => entry.Id));
    }

    private static void MarkTablePages(PageAddress[] places, PageTable table, int zone)
    {
        for (var i = 0; i < places.Length; i++)
            if (!places[i].IsNone && places[i].Zone == zone) table.MarkDirty(i);
    }

    private void MarkMissing(MetadataCopy copy, SortedSet<uint> checksums)
    {
        for (uint id = 0; id < state.Pages.PageCount; id++)
            if (state.Pages.IsAllocated(id) && copy.Tree.Get(id).IsNone) state.Pages.MarkDirty(id);
        foreach (var (id, _) in state.Copies.Where(other => other != copy).SelectMany(other => other.Checksums.Addresses()))
            if (copy.Checksums.Get(id).IsNone) checksums.Add(id);
        copy.IsWhole = true;
    }
}
