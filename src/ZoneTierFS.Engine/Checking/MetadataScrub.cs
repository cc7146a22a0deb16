using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Checking;

/// <summary>
/// Reads every page of every copy of the metadata. A damaged one is written again, by a checkpoint at the end: from memory, where the whole tree is, or from
/// the other copy.
/// </summary>
/// <param name="pace">Called before each page with its bytes.</param>
/// <param name="isStopped">Asked before each page: what was found so far is mended, the rest is left.</param>
internal sealed class MetadataScrub(VolumeState state, Func<int, ValueTask> pace, Func<bool> isStopped)
{
    private long _healed;
    private long _lost;

    public async ValueTask<ScrubMetadata> RunAsync()
    {
        (_healed, _lost) = (0, 0);
        using var image = new AlignedMemory(PageFormat.Size);
        foreach (var copy in state.Copies)
        {
            for (uint id = 0; id < PageCount(); id++)
                if (!await IsWholeAsync(copy, PageKind.Tree, id, () => copy.Tree.Get(id), image.Memory)) HealTree(id);
            for (uint id = 0; id < state.Checksums.PageCount; id++)
                if (!await IsWholeAsync(copy, PageKind.Checksum, id, () => copy.Checksums.Get(id), image.Memory)) await HealChecksumsAsync(id);
            await VerifyTableAsync(copy, PageKind.TreeTable, copy.Tree, () => copy.TreeTable, image.Memory);
            await VerifyTableAsync(copy, PageKind.ChecksumTable, copy.Checksums, () => copy.ChecksumTable, image.Memory);
            if (!await IsWholeAsync(copy, PageKind.CheckpointRoot, 0, () => copy.Root, image.Memory)) _healed++; // every checkpoint writes a new one
        }
        if (_healed > 0) await state.Checkpointer.RunAsync();
        return new ScrubMetadata(_healed, _lost);
    }

    private uint PageCount()
    {
        lock (state.Gate) return state.Pages.PageCount;
    }

    private async ValueTask VerifyTableAsync(MetadataCopy copy, PageKind kind, PageTable table, Func<PageAddress[]> places, Memory<byte> image)
    {
        for (var i = 0; i < places().Length; i++)
        {
            var index = i;
            if (await IsWholeAsync(copy, kind, (uint)index, () => places() is var now && index < now.Length ? now[index] : PageAddress.None, image)) continue;
            lock (state.Gate) table.MarkDirty(index);
            _healed++;
        }
    }

    private void HealTree(uint id)
    {
        lock (state.Gate)
        {
            if (state.Pages.IsAllocated(id)) state.Pages.MarkDirty(id);
        }
        _healed++;
    }

    private async ValueTask HealChecksumsAsync(uint id)
    {
        try
        {
            await state.Checksums.RewriteAsync(id);
            _healed++;
        }
        catch (DeviceException)
        {
            _lost++; // in no copy: reading the blocks that it vouches for says why
        }
    }

    /// <summary>True also for a page that is not there, or that a checkpoint has written elsewhere meanwhile.</summary>
    private async ValueTask<bool> IsWholeAsync(MetadataCopy copy, PageKind kind, uint id, Func<PageAddress> place, Memory<byte> image)
    {
        PageAddress at;
        lock (state.Gate)
            if (place().IsNone) return true;
        await pace(image.Length);
        lock (state.Gate)
        {
            at = place();
            if (isStopped() || at.IsNone || copy.IsLost || !state.Zones[copy.Device].CanRead((int)at.Zone)) return true;
            state.Zones[copy.Device][(int)at.Zone].Pins++;
        }
        string? problem;
        try
        {
            await copy.Medium.ReadAsync(new ZoneAddress(new ZoneId((int)at.Zone), (long)at.Block * DeviceZones.BlockSize), image, CancellationToken.None);
            PageFormat.TryCheck(image.Span, kind, id, out problem);
        }
        catch (DeviceException failure)
        {
            problem = failure.Message;
        }
        finally
        {
            state.Unpin(new Location(copy.Device, (int)at.Zone, at.Block));
        }
        lock (state.Gate)
            if (problem is null || place() != at) return true;
        StateLog.MetadataDamaged(state.Log, copy.Number + 1, state.Zones[copy.Device].Tier, $"{kind} page {id} at {at}: {problem}");
        return false;
    }
}
