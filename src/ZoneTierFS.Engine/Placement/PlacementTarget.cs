namespace ZoneTierFS.Engine.Placement;

/// <summary>Where a file's bytes go: a device and the stream of their lifetime.</summary>
/// <param name="Temperature">For what replaces stored blocks: how soon it is likely to be replaced, 0 for late; -1 for what is new.</param>
internal readonly record struct PlacementTarget(int Device, StreamKey Stream, int Temperature = -1);
