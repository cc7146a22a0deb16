using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Checking;
using ZoneTierFS.Engine.Journal;

namespace ZoneTierFS.Engine;

/// <summary>Checking the whole of it.</summary>
public sealed partial class Volume
{
    /// <summary>
    /// Reads everything and verifies what can be: that the metadata agrees with itself, and every checksum. Changes nothing. The volume goes on working, except
    /// for the moments in which its items are looked through.
    /// </summary>
    /// <param name="progress">Told the share of the data's bytes that is done, 0 to 1.</param>
    public Task<CheckReport> CheckAsync(IProgress<double>? progress, CancellationToken ct) => new VolumeCheck(_state).RunAsync(isAtRest: false, progress, ct);

    /// <summary>
    /// The same for a volume that is not in use, also for one that cannot be opened: then as far as it can be read. Throws <see cref="VolumeException"/> where
    /// the devices are not those of a volume that this version knows. Owns the devices.
    /// </summary>
    public static async Task<CheckReport> CheckDevicesAsync(
        IReadOnlyList<TierDevice> devices, VolumeOptions options, VolumeEnvironment environment, IProgress<double>? progress, CancellationToken ct)
    {
        try
        {
            using var state = await Recovery.OpenAsync(devices, options with { ReadOnly = true, PassesOverDamage = true }, environment, ct);
            return await new VolumeCheck(state).RunAsync(isAtRest: true, progress, ct);
        }
        catch (VolumeException failure) when (failure.Fault is VolumeFault.Damaged)
        {
            return new CheckReport(0, 0, [new CheckFinding(FindingKind.Metadata, $"{failure.Message} No repair is known for that.")]);
        }
        finally
        {
            foreach (var tier in devices) await tier.Device.DisposeAsync();
        }
    }
}
