namespace ZoneTierFS.Engine.Extents;

/// <summary>A place in the volume, in blocks of 4096 bytes from the zone's start.</summary>
internal readonly record struct Location(int Device, int Zone, uint Block)
{
    /// <summary>
    /// Where a file's bytes are when they are lost for good: the first superblock zone, in which no file can lie. Reading there is EIO, never another's bytes.
    /// </summary>
    public static Location Lost => default;

    /// <summary>No place of data: of a range whose bytes are lost.</summary>
    public bool IsLost => Device == 0 && Zone == 0;

    public Location Plus(uint blocks) => this with { Block = Block + blocks };

    public override string ToString() => $"device {Device} zone {Zone} block {Block}";
}
