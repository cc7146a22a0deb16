namespace ZoneTierFS.Devices;

/// <summary>The answer of <see cref="RegionZonedDevice.Probe"/>.</summary>
/// <param name="Description">One phrase for people: "a region image (64 zones of 16777216 bytes, …)".</param>
public sealed record RegionProbe(RegionContent Content, string Description);
