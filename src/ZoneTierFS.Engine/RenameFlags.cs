namespace ZoneTierFS.Engine;

/// <summary>Flags of renameat2(2), with the kernel's values.</summary>
[Flags]
public enum RenameFlags : uint
{
    None = 0,
    NoReplace = 1,
    Exchange = 2,
}
