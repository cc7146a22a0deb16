namespace ZoneTierFS.Simulation;

/// <summary>A handle of a client.</summary>
/// <param name="Node">The model's id of the file, which may have no name any more.</param>
internal sealed record OpenFile(ulong Handle, int Node);
