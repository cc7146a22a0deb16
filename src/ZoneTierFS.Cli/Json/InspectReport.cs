using ZoneTierFS.Devices;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Json;

/// <summary>What `ztfs inspect --json` prints of one tier's device.</summary>
/// <param name="Superblock">Null where the device holds no volume.</param>
internal sealed record InspectReport(
    string Tier, string Path, Guid ImageUuid, ZonedGeometry Geometry, VolumeDescription? Superblock, IReadOnlyList<ZoneLine> Zones);
