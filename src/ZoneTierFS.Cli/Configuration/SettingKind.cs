namespace ZoneTierFS.Cli.Configuration;

/// <summary>How a setting's value is written.</summary>
internal enum SettingKind
{
    /// <summary>Words that the configuration's author chooses.</summary>
    Text,

    /// <summary>A file: absolute, from the home directory (~), or relative to the configuration file's directory.</summary>
    Path,

    /// <summary>One of a few words.</summary>
    Choice,

    /// <summary>Bytes with a unit: 512B, 64KiB, 32MiB, 2GiB, 1TiB; 0 needs none.</summary>
    Size,

    /// <summary>Time with a unit: 20ms, 5s, 10min, 1h; 0 needs none.</summary>
    Duration,

    /// <summary>A whole number.</summary>
    Count,

    /// <summary>A share of one, as a decimal number.</summary>
    Fraction,

    /// <summary>true or false.</summary>
    Switch,
}
