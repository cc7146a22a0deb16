using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Journal;

/// <summary>Reads the superblocks of the given devices and makes sure that they are one volume, whole and in order.</summary>
internal static class SuperblockReader
{
    /// <param name="withoutMissing">A device that does not answer is done without, as long as one does.</param>
    public static async Task<(SuperblockSet Superblocks, IReadOnlyList<ZoneReport>[] Reports)> ReadAsync(
        IReadOnlyList<TierDevice> devices, bool withoutMissing, CancellationToken ct)
    {
        var newest = new Superblock?[devices.Count];
        var reports = new IReadOnlyList<ZoneReport>[devices.Count];
        for (var i = 0; i < devices.Count; i++)
        {
            try
            {
                reports[i] = await devices[i].Device.ReportZonesAsync(ct);
                var content = await SuperblockRing.ReadNewestAsync(devices[i].Device, reports[i], ct);
                newest[i] = content.Superblock ?? throw Missing(devices[i].Tier, content.Problem);
            }
            catch (DeviceException failure) when (!withoutMissing || (i == devices.Count - 1 && newest.All(superblock => superblock is null)))
            {
                throw new VolumeException(
                    VolumeFault.Device, $"A superblock cannot be read: {failure.Message} With the mount option degraded the other tiers can be read.", failure);
            }
            catch (DeviceException)
            {
                reports[i] = Offline(devices[i].Device.Geometry);
            }
        }
        var first = newest.First(superblock => superblock is not null)!;
        for (var i = 0; i < devices.Count; i++)
            if (newest[i] is { } own) Check(own, first, i, devices);
        return (new SuperblockSet(newest), reports);
    }

    private static ZoneReport[] Offline(ZonedGeometry geometry) =>
        [.. Enumerable.Range(0, geometry.ZoneCount).Select(zone => new ZoneReport(new ZoneId(zone), ZoneCondition.Offline, 0, geometry.ZoneCapacity, 0))];

    private static VolumeException Missing(string tier, SuperblockProblem problem) => problem switch
    {
        SuperblockProblem.Newer => new VolumeException(VolumeFault.NewerFormat,
            $"The device of tier '{tier}' was formatted by a newer version of ZoneTierFS. Update ztfs to mount it."),
        SuperblockProblem.Damaged => new VolumeException(VolumeFault.Damaged,
            $"Every superblock on the device of tier '{tier}' is damaged. Nothing was written; `ztfs inspect` shows what is there."),
        _ => new VolumeException(VolumeFault.NotFormatted,
            $"There is no ZoneTierFS volume on the device of tier '{tier}'. Create one with `ztfs format`."),
    };

    private static void Check(Superblock own, Superblock first, int index, IReadOnlyList<TierDevice> devices)
    {
        var tier = devices[index];
        if (own.Uuid != first.Uuid)
            throw new VolumeException(VolumeFault.ForeignDevice,
                $"The device of tier '{tier.Tier}' belongs to volume {own.Uuid}, that of tier '{devices[0].Tier}' to volume {first.Uuid}. "
                + "Give the devices of one volume.");
        if (own.DeviceCount > devices.Count)
            throw new VolumeException(VolumeFault.MissingDevice,
                $"Volume {own.Uuid} has {own.DeviceCount} devices, but {devices.Count} were given. Add the missing tier to the configuration.");
        if (own.DeviceCount < devices.Count)
            throw new VolumeException(VolumeFault.ForeignDevice,
                $"Volume {own.Uuid} has {own.DeviceCount} devices, but {devices.Count} were given. Take the extra tier out of the configuration.");
        if (own.DeviceIndex != index)
            throw new VolumeException(VolumeFault.ForeignDevice,
                $"The device of tier '{tier.Tier}' is number {own.DeviceIndex} ('{own.Tier}') of its volume, not number {index}. "
                + "List the tiers in the order of formatting.");
        if (own.Tier != tier.Tier)
            throw new VolumeException(VolumeFault.ForeignDevice,
                $"The device configured as tier '{tier.Tier}' was formatted as tier '{own.Tier}'. Give it that name in the configuration.");
        var geometry = tier.Device.Geometry;
        if (own.ZoneCount != geometry.ZoneCount || (long)own.ZoneCapacity != geometry.ZoneCapacity || (long)own.ZoneSize != geometry.ZoneSize)
            throw new VolumeException(VolumeFault.Geometry,
                $"The device of tier '{tier.Tier}' has {geometry.ZoneCount} zones of {geometry.ZoneCapacity} bytes; "
                + $"the volume was formatted with {own.ZoneCount} of {own.ZoneCapacity}.");
    }
}
