namespace ZoneTierFS.Engine;

/// <summary>How a file is opened.</summary>
[Flags]
public enum OpenFlags
{
    Read = 1,
    Write = 2,
    Truncate = 4,
    /// <summary>With Truncate: clear set-ID bits, because the caller is not privileged.</summary>
    KillSetId = 8,
    /// <summary>Reading does not count as an access.</summary>
    NoAccessTime = 16,
}
