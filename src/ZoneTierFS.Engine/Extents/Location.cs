namespace ZoneTierFS.Engine.Extents;

/// <summary>A place in the volume, in blocks of 4096 bytes from the zone's start.</summary>
internal readonly record struct Location(int Device, int Zone, uint Block)
{
    public Location Plus(uint blocks) => this with { Block = Block + blocks };

    public override string ToString() => $"device {Device} zone {Zone} block {Block}";
}
