namespace ZoneTierFS.MountTests.Crash;

/// <summary>The system calls that a recorder makes.</summary>
internal enum CrashStepKind
{
    Create,
    Write,

    /// <summary>Through a shared map.</summary>
    Map,
    Truncate,
    Punch,
    Rename,
    Unlink,
    MakeDirectory,
    RemoveDirectory,
    Link,
    Symlink,
    SetXattr,
    RemoveXattr,

    /// <summary>fsync, fdatasync or msync of a file.</summary>
    SyncFile,
    SyncDirectory,

    /// <summary>Of a record to the file that all share.</summary>
    SharedAppend,
    SharedSync,
}
