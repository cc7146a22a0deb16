namespace ZoneTierFS.Cli.Mounting;

/// <summary>What a directory is to someone who wants to mount there.</summary>
internal enum MountPointState
{
    Ready,
    Missing,
    NotADirectory,
    NotEmpty,
    Mounted,

    /// <summary>A mount of ours whose daemon has died: every access fails with ENOTCONN.</summary>
    Stale,
    Unreadable,
}
