namespace ZoneTierFS.Devices;

/// <summary>The state of a zone, with the values of the Linux kernel's blk_zone_cond.</summary>
public enum ZoneCondition
{
    Conventional = 0,
    Empty = 1,
    ImplicitlyOpen = 2,
    ExplicitlyOpen = 3,
    Closed = 4,
    ReadOnly = 0xD,
    Full = 0xE,
    Offline = 0xF,
}
