namespace ZoneTierFS.Engine.Placement;

/// <summary>Where a file's bytes go: a device and the stream of their lifetime.</summary>
internal readonly record struct PlacementTarget(int Device, StreamKey Stream);
