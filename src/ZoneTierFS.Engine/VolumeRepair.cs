using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Checking;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>
/// The repair of a volume that is not in use. Making it finds out, in memory, all that is to be done; nothing is written before <see cref="RunAsync"/>, which
/// makes all of it durable at once. It mends what the metadata says, never what files hold: bytes that are lost read EIO.
/// </summary>
public sealed class VolumeRepair : IAsyncDisposable
{
    /// <summary>What one step brings to light the next round mends; a handful of rounds in practice.</summary>
    private const int RoundsMax = 50;

    private readonly IReadOnlyList<TierDevice> _devices;
    private readonly VolumeState _state;
    private readonly List<RepairStep> _steps = [];
    private bool _isDone;

    private VolumeRepair(IReadOnlyList<TierDevice> devices, VolumeState state) => (_devices, _state) = (devices, state);

    /// <summary>What was wrong.</summary>
    public CheckReport Found { get; private set; } = new(0, 0, []);

    /// <summary>What is to be done, in order.</summary>
    public IReadOnlyList<RepairStep> Steps => _steps;

    /// <summary>What stays wrong: damage for which no repair is known.</summary>
    public IReadOnlyList<CheckFinding> Remaining { get; private set; } = [];

    /// <summary>Checks everything and plans. Throws <see cref="VolumeException"/> where too little can be read. The repair owns the devices.</summary>
    /// <param name="progress">Told the share of the data's bytes that is checked, 0 to 1.</param>
    public static async Task<VolumeRepair> PlanAsync(
        IReadOnlyList<TierDevice> devices, VolumeOptions options, VolumeEnvironment environment, IProgress<double>? progress, CancellationToken ct)
    {
        VolumeRepair? repair = null;
        var planned = false;
        try
        {
            var lenient = options with { ReadOnly = false, PassesOverDamage = true, DropsDamagedJournal = true };
            var state = await Recovery.OpenAsync(devices, lenient, environment, ct);
            repair = new VolumeRepair(devices, state);
            await repair.PlanAsync(progress, ct);
            planned = true;
            return repair;
        }
        finally
        {
            if (!planned)
            {
                repair?._state.Dispose();
                foreach (var tier in devices) await tier.Device.DisposeAsync();
            }
        }
    }

    private async Task PlanAsync(IProgress<double>? progress, CancellationToken ct)
    {
        var check = new VolumeCheck(_state);
        Found = await check.RunAsync(isAtRest: true, progress, ct);
        Remaining = Found.Findings;
        for (var round = 0; round < RoundsMax; round++)
        {
            var repairs = Remaining.Where(finding => finding.Repair is not null).Select(finding => finding.Repair!).ToList();
            if (repairs.Count == 0) break;
            foreach (var repair in repairs)
            {
                ct.ThrowIfCancellationRequested();
                await repair.DoAsync(_state);
                var step = new RepairStep(repair.Description, repair.Loss);
                if (!_steps.Contains(step)) _steps.Add(step);
            }
            // Data is read once: what of it was bad and cannot be mended stays bad.
            Remaining = [.. check.FindInStructure(isAtRest: true), .. Found.Findings.Where(IsBadForGood)];
        }
    }

    private static bool IsBadForGood(CheckFinding finding) => finding is { Repair: null, Kind: FindingKind.Data or FindingKind.Checksums };

    /// <summary>Makes all steps durable. Throws <see cref="VolumeException"/> where the devices refuse; then none of them is.</summary>
    public async Task RunAsync()
    {
        Invariant.Holds(!_isDone, "a repair is done once");
        _isDone = true;
        try
        {
            await LeftoverZones.SettleAsync(_state);
        }
        catch (DeviceException failure)
        {
            throw new VolumeException(VolumeFault.Device, $"The volume cannot be repaired: {failure.Message}", failure);
        }
        if (await _state.Checkpointer.RunAsync() != Errno.Ok)
            throw new VolumeException(VolumeFault.Device, $"The volume cannot be repaired: {_state.Failure}");
    }

    public async ValueTask DisposeAsync()
    {
        _state.Dispose();
        foreach (var tier in _devices) await tier.Device.DisposeAsync();
    }
}
