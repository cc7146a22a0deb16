namespace ZoneTierFS.Engine;

/// <summary>Flags of setxattr(2), with the kernel's values.</summary>
public enum XattrSetMode
{
    CreateOrReplace = 0,
    Create = 1,
    Replace = 2,
}
