namespace ZoneTierFS.Engine.Placement;

/// <summary>A rule of the configuration: paths that match the glob have the class.</summary>
/// <param name="Glob">Path from the volume's root without a leading slash; * and ? stop at slashes, ** does not.</param>
public sealed record ClassRule(string Glob, FileClass Class);
