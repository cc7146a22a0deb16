namespace ZoneTierFS.Engine.Zones;

/// <summary>What the device lets be done with a zone, whatever the zone serves. It never gets better while a volume is mounted.</summary>
internal enum ZoneHealth : byte
{
    Good = 0,

    /// <summary>It can be read and nothing else: what is live is brought elsewhere, then it is left alone.</summary>
    ReadOnly = 1,

    /// <summary>Nothing in it can be read.</summary>
    Offline = 2,
}
