namespace ZoneTierFS.Cli.Serving;

/// <summary>Which mount this is.</summary>
/// <param name="Configuration">The configuration file, absolute.</param>
/// <param name="UserId">Whose daemon it is.</param>
internal sealed record MountIdentity(int ProcessId, string MountPoint, string VolumeName, string Configuration, uint UserId = 0);
