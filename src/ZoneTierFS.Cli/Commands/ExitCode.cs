namespace ZoneTierFS.Cli.Commands;

/// <summary>What `ztfs` says to the shell.</summary>
internal enum ExitCode
{
    Fine = 0,
    Failed = 1,

    /// <summary>The command line or the configuration is wrong; nothing was touched.</summary>
    Usage = 2,

    /// <summary>The volume is damaged.</summary>
    Damage = 3,
}
