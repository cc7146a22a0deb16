namespace ZoneTierFS.Engine;

/// <summary>One tier at a glance; all byte counts in bytes.</summary>
public sealed record TierStatus(
    string Name, string Media, int Zones, int FreeZones, int OpenZones, int FullZones, long ZoneCapacity,
    long CapacityBytes, long LiveBytes, long PromotedBytes, WrittenBytes Written, ulong ZoneResets)
{
    /// <summary>Zones that can only be read, and those that cannot even be read.</summary>
    public int ReadOnlyZones { get; init; }
    public int OfflineZones { get; init; }

    /// <summary>The device answers no more.</summary>
    public bool Lost { get; init; }
}
