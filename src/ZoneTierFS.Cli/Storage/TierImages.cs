using Microsoft.Extensions.Logging;
using ZoneTierFS.Cli.Commands;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Cli.Storage;

/// <summary>The devices of a configuration: the one place that knows which class serves which kind of tier.</summary>
internal static class TierImages
{
    /// <summary>Opens every tier's device, or none; but where the configuration does without lost ones, something stands for each of those.</summary>
    public static async Task<IReadOnlyList<TierDevice>> OpenAsync(VolumeConfiguration configuration, bool readOnly, ILogger log)
    {
        var devices = new List<TierDevice>();
        try
        {
            foreach (var tier in configuration.Tiers)
                devices.Add(new TierDevice(tier.Name, await OpenOrStandInAsync(configuration, tier, readOnly, log)));
            return devices;
        }
        catch (Exception e) when (e is CommandException or DeviceException)
        {
            await CloseAsync(devices);
            throw;
        }
    }

    public static async ValueTask CloseAsync(IEnumerable<TierDevice> devices)
    {
        foreach (var device in devices)
            await device.Device.DisposeAsync();
    }

    private static async Task<IZonedDevice> OpenOrStandInAsync(VolumeConfiguration configuration, TierSettings tier, bool readOnly, ILogger log)
    {
        try
        {
            return await OpenAsync(configuration, tier, readOnly, log);
        }
        catch (Exception e) when (configuration.Volume.WithoutMissing && e is CommandException or DeviceException { Error: not Errno.EBUSY })
        {
            return new AbsentZonedDevice(tier.Geometry, e.Message);
        }
    }

    private static async Task<RegionZonedDevice> OpenAsync(VolumeConfiguration configuration, TierSettings tier, bool readOnly, ILogger log)
    {
        var device = await OpenImageAsync(configuration, tier, readOnly, log);
        if (Differences(tier.Geometry, device.Geometry) is not { Length: > 0 } differences)
            return device;
        await device.DisposeAsync();
        throw new CommandException(
            $"the device of tier '{tier.Name}' has another shape than the configuration says ({differences})",
            tier.Path,
            $"Write into {configuration.File} what the device was formatted with, or name the right file.");
    }

    private static async Task<RegionZonedDevice> OpenImageAsync(VolumeConfiguration configuration, TierSettings tier, bool readOnly, ILogger log)
    {
        try
        {
            return await RegionZonedDevice.OpenAsync(tier.Path, readOnly, log);
        }
        catch (DeviceException e) when (e.Error is Errno.ENOENT or Errno.ENOTDIR)
        {
            throw new CommandException(
                $"the device of tier '{tier.Name}' is missing",
                tier.Path,
                $"If the volume was never formatted, run 'ztfs format --config {configuration.File}'; otherwise correct the path in the configuration. "
                + "If the device is lost, 'ztfs mount -o degraded' shows what lies on the others.",
                e);
        }
        catch (DeviceException e) when (e.Error == Errno.EINVAL)
        {
            var found = RegionZonedDevice.Probe(tier.Path).Description;
            throw new CommandException($"the device of tier '{tier.Name}' holds {found}", tier.Path, "Name the tier's own file in the configuration.", e);
        }
        catch (DeviceException e) when (e.Error == Errno.EBUSY)
        {
            throw InUse(tier, e);
        }
    }

    public static CommandException InUse(TierSettings tier, DeviceException cause) =>
        new($"the device of tier '{tier.Name}' is in use", tier.Path, "Unmount the volume that uses it, then try again.", cause);

    private static string Differences(ZonedGeometry configured, ZonedGeometry actual)
    {
        var pairs = new (string What, long Configured, long Actual)[]
        {
            ("zones", configured.ZoneCount, actual.ZoneCount),
            ("zone size", configured.ZoneSize, actual.ZoneSize),
            ("zone capacity", configured.ZoneCapacity, actual.ZoneCapacity),
            ("open zones", configured.MaxOpenZones, actual.MaxOpenZones),
            ("active zones", configured.MaxActiveZones, actual.MaxActiveZones),
        };
        var different = pairs.Where(pair => pair.Configured != pair.Actual);
        return string.Join(", ", different.Select(pair => $"{pair.What}: {pair.Configured} configured, {pair.Actual} there"));
    }
}
