namespace ZoneTierFS.Devices;

/// <summary>
/// The answer of <see cref="RegionZonedDevice.Probe"/>. <see cref="Uuid"/> and <see cref="Geometry"/> are set for an <see cref="RegionContent.Image"/>.
/// </summary>
/// <param name="Description">One phrase for people: "a region image of 64 zones of 16777216 bytes …".</param>
public sealed record RegionProbe(RegionContent Content, string Description, Guid? Uuid = null, ZonedGeometry? Geometry = null);
