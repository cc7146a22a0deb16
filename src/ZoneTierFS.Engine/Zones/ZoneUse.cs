namespace ZoneTierFS.Engine.Zones;

/// <summary>What a zone serves. Derived from the checkpoint and the device's report at every mount, never stored.</summary>
internal enum ZoneUse : byte
{
    Free = 0,
    Superblock = 1,
    Journal = 2,
    Metadata = 3,

    /// <summary>Data, and more may be appended.</summary>
    Open = 4,

    /// <summary>Data, or what was data, journal or metadata; nothing more is appended. Reset once nothing in it is live.</summary>
    Full = 5,

    /// <summary>Its health was not good when the volume was mounted or the zone was empty: never chosen again, but it may hold live data.</summary>
    Unusable = 6,
}
