namespace ZoneTierFS.Cli.Configuration;

/// <summary>How a configuration wants its volume mounted.</summary>
/// <param name="ReadAheadBytes">0 leaves the kernel's own.</param>
/// <param name="Workers">Null leaves the number to the FUSE layer, which looks at the processors.</param>
internal sealed record MountSettings(long ReadAheadBytes, int? Workers, bool AllowOther, bool ReadOnly);
