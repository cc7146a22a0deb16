namespace ZoneTierFS.Engine;

/// <summary>How to format a volume.</summary>
public sealed record FormatOptions
{
    public required Guid Uuid { get; init; }

    /// <summary>Overwrite a volume that is there already.</summary>
    public bool Force { get; init; }

    /// <summary>Owner and permission bits of the root directory.</summary>
    public uint RootUserId { get; init; }

    public uint RootGroupId { get; init; }

    public uint RootMode { get; init; } = 0x1ED; // 0755
}
