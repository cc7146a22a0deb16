using ZoneTierFS.Engine.Extents;

namespace ZoneTierFS.Engine.Zones;

/// <summary>Where staged blocks landed. The zone is pinned until the extents are entered (or given up).</summary>
/// <param name="From">First block inside the staging buffer.</param>
internal readonly record struct Placed(Location At, uint From, uint Count);
