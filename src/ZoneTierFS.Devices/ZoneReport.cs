namespace ZoneTierFS.Devices;

/// <summary>
/// What a device says of one zone. <see cref="WritePointer"/> and <see cref="Capacity"/> are bytes from the zone's start;
/// a full zone's pointer is its capacity.
/// </summary>
/// <param name="Epoch">Counts the zone's resets where the device keeps such a count, otherwise 0.</param>
public readonly record struct ZoneReport(ZoneId Zone, ZoneCondition Condition, long WritePointer, long Capacity, ulong Epoch);
