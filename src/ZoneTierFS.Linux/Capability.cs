namespace ZoneTierFS.Linux;

/// <summary>The privileges of root, by their native numbers (capabilities(7)); those that are used here.</summary>
public enum Capability
{
    /// <summary>Reading and writing files whatever their mode and owner.</summary>
    CAP_DAC_OVERRIDE = 1,

    /// <summary>Mounting and unmounting, and much else.</summary>
    CAP_SYS_ADMIN = 21,
}
