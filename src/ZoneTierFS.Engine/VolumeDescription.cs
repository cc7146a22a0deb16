namespace ZoneTierFS.Engine;

/// <summary>What a device's newest superblock says, for messages and for `ztfs inspect`.</summary>
public sealed record VolumeDescription(
    Guid Uuid, int FormatVersion, int DeviceIndex, int DeviceCount, string Tier, ulong Generation, int ZoneCount, long ZoneCapacity);
