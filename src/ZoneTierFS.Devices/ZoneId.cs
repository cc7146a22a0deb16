namespace ZoneTierFS.Devices;

/// <summary>A zone of one device, counted from 0.</summary>
public readonly record struct ZoneId(int Index)
{
    public override string ToString() => $"zone {Index}";
}
