using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Inspecting;

/// <summary>A zone: what the device says of it, what its first block looks like, and the reverse map at its end.</summary>
internal static class ZoneInspection
{
    private const int BlockSize = DeviceZones.BlockSize;

    public static async Task<Inspection> RunAsync(TierDevice tier, int zone, CancellationToken ct)
    {
        var report = (await tier.Device.ReportZonesAsync(ct))[zone];
        var shown = new Inspection($"tier {tier.Tier}, zone {zone}")
            .With("condition", report.Condition).With("writePointer", report.WritePointer).With("capacity", report.Capacity).With("epoch", report.Epoch);
        if (report.WritePointer < BlockSize) return shown;
        try
        {
            using var block = new AlignedMemory(BlockSize);
            await tier.Device.ReadAsync(new ZoneAddress(new ZoneId(zone), 0), block.Memory, ct);
            shown.With("beginsWith", Guess(block.GetSpan()));
            var end = Math.Min(report.WritePointer, tier.Device.Geometry.ZoneCapacity) / BlockSize;
            await tier.Device.ReadAsync(new ZoneAddress(new ZoneId(zone), (end - 1) * BlockSize), block.Memory, ct);
            var blocks = ZoneFooter.BlocksOf(block.GetSpan(), zone);
            return blocks <= 0 || blocks > end ? shown.With("footer", "none") : await WithFooterAsync(shown, tier.Device, zone, end, blocks, ct);
        }
        catch (DeviceException failure)
        {
            return shown.With("problem", failure.Message);
        }
    }

    private static async Task<Inspection> WithFooterAsync(Inspection shown, IZonedDevice device, int zone, long end, int blocks, CancellationToken ct)
    {
        using var footer = new AlignedMemory(blocks * BlockSize);
        await device.ReadAsync(new ZoneAddress(new ZoneId(zone), (end - blocks) * BlockSize), footer.Memory, ct);
        if (ZoneFooter.TryRead(footer.GetSpan()) is not { } entries) return shown.With("footer", "damaged");
        shown.With("footer", $"{entries.Count} entries in {blocks} blocks");
        foreach (var entry in entries)
            shown.Parts.Add(new Inspection($"blocks {entry.ZoneBlock} to {entry.ZoneBlock + entry.Count}")
                .With("inode", entry.Inode).With("fileBlock", entry.FileBlock));
        return shown;
    }

    private static string Guess(ReadOnlySpan<byte> block) =>
        Superblock.TryRead(block, out _, out var problem) || problem != SuperblockProblem.NotSuperblock ? "a superblock"
        : JournalBatchHeader.TryPeek(block, out var header) ? $"a journal batch, sequence {header.Sequence}"
        : block[Metadata.PageFormat.MagicOffset..].StartsWith("ZTPG"u8) ? "a page of metadata" : "data";
}
