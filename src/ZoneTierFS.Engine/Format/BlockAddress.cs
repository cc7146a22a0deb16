namespace ZoneTierFS.Engine.Format;

/// <summary>A block of 4096 bytes on a device of the volume: the device's index, a zone, and blocks from the zone's start.</summary>
internal readonly record struct BlockAddress(ushort Device, uint Zone, uint Block)
{
    public override string ToString() => $"device {Device} zone {Zone} block {Block}";
}
