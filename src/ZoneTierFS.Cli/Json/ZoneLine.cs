using ZoneTierFS.Devices;

namespace ZoneTierFS.Cli.Json;

/// <summary>One zone as its device reports it; bytes from the zone's start.</summary>
internal sealed record ZoneLine(int Zone, string Condition, long WritePointer, long Capacity, ulong Epoch)
{
    public static ZoneLine Of(ZoneReport zone) => new(zone.Zone.Index, zone.Condition.ToString(), zone.WritePointer, zone.Capacity, zone.Epoch);
}
