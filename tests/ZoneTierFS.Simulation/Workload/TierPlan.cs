using ZoneTierFS.Devices;

namespace ZoneTierFS.Simulation;

/// <summary>A tier of the simulated volume.</summary>
internal sealed record TierPlan(string Name, ZonedGeometry Geometry);
