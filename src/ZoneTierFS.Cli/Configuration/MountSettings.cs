namespace ZoneTierFS.Cli.Configuration;

/// <summary>How a configuration wants its volume mounted.</summary>
/// <param name="ReadAheadBytes">0 leaves the kernel's own.</param>
internal sealed record MountSettings(long ReadAheadBytes, int Workers, bool AllowOther, bool ReadOnly);
