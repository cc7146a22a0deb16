using Microsoft.Extensions.Logging;
using Mono.Unix.Native;
using ZoneTierFS.Cli.Commands;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using Errno = ZoneTierFS.Linux.Errno;

namespace ZoneTierFS.Cli.Storage;

/// <summary>Makes a configuration's devices and an empty volume on them. Looks at every device before it touches the first.</summary>
internal sealed class VolumeFormatter(VolumeConfiguration configuration, ILogger log)
{
    /// <param name="force">Whether volumes and other data that are there may be destroyed.</param>
    public async Task<Guid> FormatAsync(bool force, IProgress<double> progress, CancellationToken ct)
    {
        var fresh = await LookAsync(force, ct);
        var devices = new List<TierDevice>();
        var uuid = Guid.NewGuid();
        try
        {
            foreach (var tier in configuration.Tiers)
                devices.Add(new TierDevice(tier.Name, await CreateAsync(tier)));
            var options = new FormatOptions { Uuid = uuid, Force = true, RootUserId = Syscall.getuid(), RootGroupId = Syscall.getgid() };
            await Volume.FormatAsync(devices, options, new VolumeEnvironment(TimeProvider.System, log), progress, ct);
        }
        catch (Exception e) when (e is VolumeException or DeviceException or CommandException or OperationCanceledException)
        {
            await TierImages.CloseAsync(devices);
            foreach (var path in fresh.Where(File.Exists))
                File.Delete(path);
            throw;
        }
        await TierImages.CloseAsync(devices);
        return uuid;
    }

    /// <summary>Refuses where something would be lost that may not be.</summary>
    /// <returns>The paths that hold nothing yet.</returns>
    private async Task<IReadOnlyList<string>> LookAsync(bool force, CancellationToken ct)
    {
        var fresh = new List<string>();
        var found = new List<string>();
        foreach (var tier in configuration.Tiers)
        {
            var probe = RegionZonedDevice.Probe(tier.Path);
            if (probe.Content == RegionContent.NotAFile)
                throw new CommandException($"{probe.Description} is in the place of tier '{tier.Name}'", tier.Path, "Name another file in the configuration.");
            if (probe.Content == RegionContent.Nothing)
                fresh.Add(tier.Path);
            else
                found.Add($"{tier.Path} holds {(probe.Content == RegionContent.Image ? await DescribeAsync(tier, probe, ct) : probe.Description)}");
        }
        if (found.Count > 0 && !force)
        {
            const string Mend = "To destroy it, add --force; to keep it, name other files in the configuration.";
            throw new CommandException("there is something already", string.Join("; ", found), Mend);
        }
        return fresh;
    }

    /// <summary>What lies on an image. Opening it also finds out whether it is in use, before any other device has been touched.</summary>
    private async Task<string> DescribeAsync(TierSettings tier, RegionProbe probe, CancellationToken ct)
    {
        try
        {
            await using var device = await RegionZonedDevice.OpenAsync(tier.Path, readOnly: true, log);
            var volume = await Volume.DescribeAsync(device, ct);
            return volume is null ? probe.Description : $"volume {volume.Uuid} (tier {volume.Tier}, device {volume.DeviceIndex + 1} of {volume.DeviceCount})";
        }
        catch (DeviceException e) when (e.Error == Errno.EBUSY)
        {
            throw TierImages.InUse(tier, e);
        }
        catch (Exception e) when (e is DeviceException or VolumeException)
        {
            return $"{probe.Description}, damaged";
        }
    }

    private async Task<RegionZonedDevice> CreateAsync(TierSettings tier)
    {
        var folder = Path.GetDirectoryName(tier.Path)!;
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"the directory for tier '{tier.Name}' cannot be made", folder, e.Message, e);
        }
        return await RegionZonedDevice.CreateAsync(tier.Path, tier.Geometry, overwrite: true, log);
    }
}
