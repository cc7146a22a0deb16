using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Inspecting;

/// <summary>
/// The journal's batches from the checkpoint on, with their mutations, and why they end. It reads on its own, so that what recovery thinks of them can be
/// compared with what is there.
/// </summary>
internal static class JournalInspection
{
    private const int BlockSize = DeviceZones.BlockSize;
    private const int BatchesMax = 100_000;

    public static async Task<Inspection> RunAsync(IReadOnlyList<TierDevice> devices, CheckpointPages pages, CancellationToken ct)
    {
        var start = pages.Root.Journal;
        var shown = new Inspection("journal")
            .With("zone", start.Zone).With("block", start.Block).With("sequence", start.NextSequence).With("epoch", start.Epoch);
        var (device, reports) = (devices[0].Device, await devices[0].Device.ReportZonesAsync(ct));
        var (zone, block, sequence) = (start.Zone, (long)start.Block, start.NextSequence);
        var zones = new HashSet<uint> { zone };
        try
        {
            while (shown.Parts.Count < BatchesMax)
            {
                if (zone >= (uint)reports.Count) return shown.With("end", $"it goes on in zone {zone}, which cannot be");
                var (batch, header, problem) = await ReadAsync(device, reports[(int)zone], (int)zone, block, pages.Newest.Uuid, sequence, ct);
                using var bytes = batch;
                if (batch is null) return shown.With("end", $"zone {zone} block {block}: {problem}");
                var part = Describe(batch.GetSpan(), header, out var next).With("at", $"zone {zone} block {block}");
                shown.Parts.Add(part);
                (zone, block) = next is { } link ? (link, 0) : (zone, block + header.BatchLength / BlockSize);
                if (next is null) sequence++;
                else if (!zones.Add(zone)) return shown.With("end", $"it goes on in zone {zone}, where it was already");
            }
            return shown.With("end", "more batches are not shown");
        }
        catch (Exception failure) when (failure is DeviceException or InvalidDataException)
        {
            return shown.With("end", $"zone {zone} block {block}: {failure.Message}");
        }
    }

    private static async Task<(AlignedMemory? Batch, JournalBatchHeader Header, string Problem)> ReadAsync(
        IZonedDevice device, ZoneReport report, int zone, long block, Guid volume, ulong sequence, CancellationToken ct)
    {
        var end = Math.Min(report.WritePointer, device.Geometry.ZoneCapacity);
        if (block * BlockSize >= end) return (null, default, "nothing more was written");
        using var first = new AlignedMemory(BlockSize);
        await device.ReadAsync(new ZoneAddress(new ZoneId(zone), block * BlockSize), first.Memory, ct);
        if (!JournalBatchHeader.TryPeek(first.GetSpan(), out var header)) return (null, default, "no batch begins there");
        if (header.Sequence != sequence) return (null, default, $"a batch of sequence {header.Sequence} is there, {sequence} was to come");
        if (block * BlockSize + header.BatchLength > end) return (null, default, "the batch is cut off");
        var batch = new AlignedMemory(header.BatchLength);
        await device.ReadAsync(new ZoneAddress(new ZoneId(zone), block * BlockSize), batch.Memory, ct);
        if (JournalBatchHeader.TryRead(batch.GetSpan(), volume, out header)) return (batch, header, "");
        ((IDisposable)batch).Dispose();
        return (null, default, "the batch is torn, or of another volume");
    }

    private static Inspection Describe(ReadOnlySpan<byte> batch, JournalBatchHeader header, out uint? next)
    {
        next = null;
        var shown = new Inspection($"batch {header.Sequence}").With("epoch", header.Epoch).With("bytes", header.PayloadLength)
            .With("mutations", header.MutationCount).With("sharedFlush", (header.Flags & JournalBatchHeader.SharedFlush) != 0)
            .With("confirmed", header.ConfirmedSequence);
        var reader = new JournalReader(batch, header);
        while (reader.TryRead(out var mutation))
        {
            if (mutation.Tag == JournalTag.NextZone) next = (uint)mutation.Number;
            shown.Parts.Add(Describe(mutation));
        }
        return shown;
    }

    private static Inspection Describe(JournalMutation mutation)
    {
        var shown = mutation.Tag == JournalTag.Put ? ItemText.Describe(mutation.Key, mutation.Value) : new Inspection("");
        var described = new Inspection($"{mutation.Tag} {shown.Title}".TrimEnd());
        foreach (var (name, value) in shown.Fields) described.With(name, value);
        return mutation.Tag switch
        {
            JournalTag.Delete => described.With("key", mutation.Key).With("kind", ItemKeys.KindOf(mutation.Key)),
            JournalTag.DeleteRange => described.With("from", mutation.Key).With("to", mutation.To),
            JournalTag.Checksums => described.With("at", mutation.Address).With("blocks", mutation.Value.Length / sizeof(uint)),
            JournalTag.MapRun => described.With("key", mutation.Key).With("entries", mutation.Entries).With("block", mutation.Number),
            JournalTag.NextZone or JournalTag.NextInode => described.With("number", mutation.Number),
            _ => described,
        };
    }
}
