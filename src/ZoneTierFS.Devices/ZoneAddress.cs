namespace ZoneTierFS.Devices;

/// <summary>A place on one device: a zone, and bytes from the zone's start.</summary>
public readonly record struct ZoneAddress(ZoneId Zone, long Offset)
{
    public override string ToString() => $"{Zone} + {Offset}";
}
