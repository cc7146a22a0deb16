namespace ZoneTierFS.Devices;

/// <summary>What a device stores its bytes in; decides what it is good at.</summary>
public enum MediaKind
{
    Unknown = 0,
    Slc = 1,
    Tlc = 3,
    Qlc = 4,
    Memory = 16,
    Magnetic = 32,
}
