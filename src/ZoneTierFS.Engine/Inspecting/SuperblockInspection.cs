using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Inspecting;

/// <summary>All superblocks of all devices, whole or not.</summary>
internal static class SuperblockInspection
{
    public static async Task<Inspection> RunAsync(IReadOnlyList<TierDevice> devices, CancellationToken ct)
    {
        var shown = new Inspection("superblocks");
        Superblock? newest = null;
        using var block = new AlignedMemory(Superblock.Size);
        foreach (var tier in devices)
        {
            var reports = await tier.Device.ReportZonesAsync(ct);
            for (var zone = 0; zone < DeviceZones.SuperblockZones; zone++)
            {
                var ring = new Inspection($"tier {tier.Tier}, zone {zone}");
                shown.Parts.Add(ring);
                for (var at = 0L; at < Math.Min(reports[zone].WritePointer, reports[zone].Capacity); at += Superblock.Size)
                {
                    var copy = await ReadAsync(tier.Device, zone, at, block, ct);
                    ring.Parts.Add(copy.Shown);
                    if (copy.Superblock is { } found && (newest is null || found.Generation > newest.Generation)) newest = found;
                }
                ring.With("copies", ring.Parts.Count);
            }
        }
        return newest is null ? shown.With("newest", "none is whole") : shown.With("newest", newest.Generation).With("checkpointRoot", newest.CheckpointRoot);
    }

    private static async Task<(Inspection Shown, Superblock? Superblock)> ReadAsync(
        IZonedDevice device, int zone, long at, AlignedMemory block, CancellationToken ct)
    {
        var shown = new Inspection($"block {at / Superblock.Size}");
        try
        {
            await device.ReadAsync(new ZoneAddress(new ZoneId(zone), at), block.Memory, ct);
        }
        catch (DeviceException failure)
        {
            return (shown.With("problem", failure.Message), null);
        }
        if (!Superblock.TryRead(block.GetSpan(), out var found, out var problem)) return (shown.With("problem", problem), null);
        shown.With("generation", found.Generation).With("epoch", found.MountEpoch).With("version", found.FormatVersion)
            .With("features", found.IncompatibleFeatures).With("uuid", found.Uuid).With("device", $"{found.DeviceIndex + 1} of {found.DeviceCount}")
            .With("tier", found.Tier).With("zones", found.ZoneCount).With("zoneSize", found.ZoneSize).With("zoneCapacity", found.ZoneCapacity)
            .With("checkpointRoot", found.CheckpointRoot).With("clean", found.Clean);
        return (shown, found);
    }
}
