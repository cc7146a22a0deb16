using ZoneTierFS.Devices;

namespace ZoneTierFS.Engine;

/// <summary>A device and the tier that it serves, in the order of the volume's tiers: index 0 is the fast one.</summary>
/// <param name="Tier">Name of the tier, for example "tlc" or "qlc".</param>
public sealed record TierDevice(string Tier, IZonedDevice Device);
