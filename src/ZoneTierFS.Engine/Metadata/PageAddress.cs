namespace ZoneTierFS.Engine.Metadata;

/// <summary>Where a page lies on the metadata device: a zone, and blocks of 4096 bytes from the zone's start.</summary>
internal readonly record struct PageAddress(uint Zone, uint Block)
{
    /// <summary>Not on media: all bits one.</summary>
    public static PageAddress None => new(uint.MaxValue, uint.MaxValue);

    public bool IsNone => this == None;

    public override string ToString() => IsNone ? "nowhere" : $"zone {Zone} block {Block}";
}
