using ZoneTierFS.Devices;

namespace ZoneTierFS.Engine.Zones;

/// <summary>
/// Asks a device what became of its zones after it failed: one may have turned read-only or offline, or the device may be gone. From then on nothing goes
/// there any more; what must be copied or told is the mover's work.
/// </summary>
internal sealed class MediaWatch(VolumeState state)
{
    private readonly bool[] _suspects = new bool[state.Zones.Length];

    /// <summary>Something failed that nobody waits for the cause of: the mover asks the device.</summary>
    public void Suspect(int device)
    {
        Volatile.Write(ref _suspects[device], true);
        state.MoveRequests.Wanted.Set();
    }

    /// <summary>Asks every device that was suspected since the last time.</summary>
    public async ValueTask ExamineSuspectsAsync()
    {
        for (var device = 0; device < _suspects.Length; device++)
            if (Interlocked.Exchange(ref _suspects[device], false)) await ExamineAsync(state.Zones[device]);
    }

    /// <summary>The device's report now, its news noted and logged; null where it answers no more.</summary>
    public async ValueTask<IReadOnlyList<ZoneReport>?> ExamineAsync(DeviceZones zones)
    {
        if (zones.IsLost) return null;
        try
        {
            var reports = await zones.Device.ReportZonesAsync(CancellationToken.None);
            foreach (var report in reports)
            {
                bool isNews;
                lock (state.Gate) isNews = zones.MarkUnusable(report.Zone.Index, DeviceZones.HealthOf(report.Condition));
                if (isNews) StateLog.ZoneTurned(state.Log, zones.Tier, report.Zone.Index, report.Condition);
            }
            return reports;
        }
        catch (DeviceException failure)
        {
            lock (state.Gate) zones.IsLost = true;
            StateLog.DeviceLost(state.Log, zones.Tier, failure.Message);
            return null;
        }
    }
}
