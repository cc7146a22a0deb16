namespace ZoneTierFS.Engine;

/// <summary>Why a volume cannot be used.</summary>
public enum VolumeFault
{
    /// <summary>No superblock on the device.</summary>
    NotFormatted,

    /// <summary>There is a volume already, and overwriting it was not asked for.</summary>
    AlreadyFormatted,

    /// <summary>Every superblock copy is damaged.</summary>
    Damaged,

    /// <summary>Written by a newer version, or uses features that this version does not know.</summary>
    NewerFormat,

    /// <summary>The device belongs to another volume, or to another place in this one.</summary>
    ForeignDevice,

    /// <summary>A device of the volume was not given.</summary>
    MissingDevice,

    /// <summary>The device's geometry is not what the volume was formatted with, or does not suffice.</summary>
    Geometry,

    /// <summary>A device failed.</summary>
    Device,
}
