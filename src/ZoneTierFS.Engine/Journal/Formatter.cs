using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>Makes a volume: all zones empty, a root directory, and the first checkpoint, whose superblocks come last.</summary>
internal sealed class Formatter(IReadOnlyList<TierDevice> devices, FormatOptions options, VolumeEnvironment environment)
{
    /// <summary>Zones for superblocks, journal, moving and checkpoints, and two for data; more where both copies of the metadata are on one device.</summary>
    private const int FastZonesMin = 16;
    private const int OnlyZonesMin = 20;
    private const int SecondZonesMin = 14;
    private const int SlowZonesMin = 8;
    private const int CapacityBlocksMin = 64;

    public async Task RunAsync(IProgress<double>? progress, CancellationToken ct)
    {
        CheckGeometry();
        try
        {
            if (!options.Force) await RefuseExistingAsync(ct);
            await ResetAsync(progress, ct);
            await WriteAsync(ct);
            progress?.Report(1);
        }
        catch (DeviceException failure)
        {
            throw new VolumeException(VolumeFault.Device, $"Formatting failed: {failure.Message}", failure);
        }
    }

    private void CheckGeometry()
    {
        var problems = new List<string>();
        if (devices.Count is < 1 or > 64) problems.Add($"a volume has 1 to 64 devices, not {devices.Count}");
        for (var i = 0; i < devices.Count; i++)
        {
            var (tier, geometry) = (devices[i].Tier, devices[i].Device.Geometry);
            var (zonesMin, openMin) = (ZonesMin(i, devices.Count), DeviceZones.ZonesOpenMin(i, devices.Count));
            if (geometry.BlockSize != DeviceZones.BlockSize) problems.Add($"tier '{tier}' has blocks of {geometry.BlockSize} bytes; 4096 are needed");
            if (geometry.ZoneCount < zonesMin) problems.Add($"tier '{tier}' has {geometry.ZoneCount} zones; {zonesMin} or more are needed");
            if (geometry.ZoneCapacity / DeviceZones.BlockSize < CapacityBlocksMin)
                problems.Add($"tier '{tier}' has zones of {geometry.ZoneCapacity} bytes; 262144 or more are needed");
            if (geometry.ZoneCapacity / DeviceZones.BlockSize > Extent.PartMax)
                problems.Add($"tier '{tier}' has zones of {geometry.ZoneCapacity} bytes; 68719476736 (64 GiB) are the most");
            if (geometry.MaxOpenZones != 0 && geometry.MaxOpenZones < openMin
                || geometry.MaxActiveZones != 0 && geometry.MaxActiveZones < openMin)
                problems.Add($"tier '{tier}' allows {geometry.MaxOpenZones} open and {geometry.MaxActiveZones} active zones; "
                    + $"{openMin} or more of each are needed");
        }
        if (devices.Sum(tier => (decimal)tier.Device.Geometry.ZoneCount * (tier.Device.Geometry.ZoneCapacity / DeviceZones.BlockSize)) > BlockNumbers.TotalMax)
            problems.Add("together they have 2^40 blocks or more");
        if (problems.Count > 0) throw new VolumeException(VolumeFault.Geometry, $"The devices do not suit a volume: {string.Join("; ", problems)}.");
    }

    public static int ZonesMin(int index, int deviceCount) => index switch
    {
        0 => deviceCount == 1 ? OnlyZonesMin : FastZonesMin,
        1 => SecondZonesMin,
        _ => SlowZonesMin,
    };

    private async Task RefuseExistingAsync(CancellationToken ct)
    {
        foreach (var tier in devices)
        {
            var content = await SuperblockRing.ReadNewestAsync(tier.Device, await tier.Device.ReportZonesAsync(ct), ct);
            if (content.Superblock is { } found)
                throw new VolumeException(VolumeFault.AlreadyFormatted,
                    $"The device of tier '{tier.Tier}' holds tier '{found.Tier}' of volume {found.Uuid} (generation {found.Generation}). "
                    + "Use --force to destroy it.");
            if (content.Problem != SuperblockProblem.NotSuperblock)
                throw new VolumeException(VolumeFault.AlreadyFormatted,
                    $"The device of tier '{tier.Tier}' holds a damaged or newer volume. Use --force to destroy it.");
        }
    }

    private async Task ResetAsync(IProgress<double>? progress, CancellationToken ct)
    {
        var (done, total) = (0, devices.Sum(tier => tier.Device.Geometry.ZoneCount));
        foreach (var tier in devices)
        {
            foreach (var report in await tier.Device.ReportZonesAsync(ct))
            {
                if (report.Condition is not (ZoneCondition.Empty or ZoneCondition.Offline or ZoneCondition.ReadOnly))
                    await tier.Device.ResetAsync(report.Zone, ct);
                progress?.Report((double)++done / total);
            }
            await tier.Device.FlushAsync(ct);
        }
    }

    private async Task WriteAsync(CancellationToken ct)
    {
        var zones = new List<DeviceZones>();
        for (var i = 0; i < devices.Count; i++) zones.Add(new DeviceZones(i, devices[i], await devices[i].Device.ReportZonesAsync(ct), devices.Count));
        var superblocks = new SuperblockSet([.. devices.Select(Superblock)]);
        using var state = new VolumeState(superblocks, devices, [.. zones], new VolumeOptions(), environment);
        lock (state.Gate)
        {
            state.AttachTree(new ItemTree(state.Pages));
            foreach (var device in state.Zones) device.CollectFree();
            state.Journal.Start(epoch: 1, nextSequence: 1, confirmed: 0);
            var now = state.Now;
            state.Items.PutInode(Volume.RootInode, new InodeRecord
            {
                AccessTime = now, ModifyTime = now, ChangeTime = now, Parent = Volume.RootInode, LinkCount = 2,
                Mode = FileMode.S_IFDIR | (options.RootMode & FileMode.PermissionMask), UserId = options.RootUserId, GroupId = options.RootGroupId,
            });
            state.Journal.EndTransaction();
        }
        if (await state.Checkpointer.RunAsync() != Errno.Ok) throw new VolumeException(VolumeFault.Device, $"Formatting failed: {state.Failure}");
    }

    private Superblock Superblock(TierDevice tier, int index) => new()
    {
        Uuid = options.Uuid,
        DeviceIndex = (ushort)index,
        DeviceCount = (ushort)devices.Count,
        Tier = tier.Tier,
        ZoneCount = (uint)tier.Device.Geometry.ZoneCount,
        ZoneSize = (ulong)tier.Device.Geometry.ZoneSize,
        ZoneCapacity = (ulong)tier.Device.Geometry.ZoneCapacity,
        Generation = 0,
        MountEpoch = 0,
    };

    public static async Task<VolumeDescription?> DescribeAsync(IZonedDevice device, CancellationToken ct)
    {
        var content = await SuperblockRing.ReadNewestAsync(device, await device.ReportZonesAsync(ct), ct);
        return (content.Superblock, content.Problem) switch
        {
            ({ } found, _) => new VolumeDescription(found.Uuid, (int)found.FormatVersion, found.DeviceIndex, found.DeviceCount, found.Tier, found.Generation,
                (int)found.ZoneCount, (long)found.ZoneCapacity),
            (_, SuperblockProblem.Newer) => throw new VolumeException(VolumeFault.NewerFormat,
                "The device was formatted by a newer version of ZoneTierFS. Update ztfs."),
            (_, SuperblockProblem.Damaged) => throw new VolumeException(VolumeFault.Damaged, "Every superblock on the device is damaged."),
            _ => null,
        };
    }
}
