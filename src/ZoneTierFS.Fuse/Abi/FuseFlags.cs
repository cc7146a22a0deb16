namespace ZoneTierFS.Fuse.Abi;

/// <summary>What kernel and server agree on in INIT; bits 32 and up travel in flags2.</summary>
[Flags]
internal enum FuseInitFlags : ulong
{
    None = 0,
    AsyncRead = 1UL << 0,
    PosixLocks = 1UL << 1,
    AtomicOpenTruncate = 1UL << 3,
    ExportSupport = 1UL << 4,
    BigWrites = 1UL << 5,
    DontMask = 1UL << 6,
    FlockLocks = 1UL << 10,
    AutoInvalidateData = 1UL << 12,
    ReadDirPlus = 1UL << 13,
    ReadDirPlusAuto = 1UL << 14,
    AsyncDirectIo = 1UL << 15,
    WritebackCache = 1UL << 16,
    ParallelDirectoryOperations = 1UL << 18,
    PosixAcl = 1UL << 20,
    AbortError = 1UL << 21,
    MaxPages = 1UL << 22,
    CacheSymlinks = 1UL << 23,
    ExplicitInvalidateData = 1UL << 25,
    HandleKillPrivV2 = 1UL << 28,
    SetXattrExt = 1UL << 29,
    InitExt = 1UL << 30,
    DirectIoAllowMmap = 1UL << 36,
}

/// <summary>How the kernel treats an open file (FOPEN_).</summary>
[Flags]
internal enum FuseOpenReplyFlags : uint
{
    None = 0,
    DirectIo = 1,
    KeepCache = 2,
    NoFlush = 0x20,
    ParallelDirectWrites = 0x40,
}

/// <summary>Which fields of a SETATTR count (FATTR_).</summary>
[Flags]
internal enum FuseSetAttrValid : uint
{
    None = 0,
    Mode = 1 << 0,
    UserId = 1 << 1,
    GroupId = 1 << 2,
    Size = 1 << 3,
    AccessTime = 1 << 4,
    ModifyTime = 1 << 5,
    Handle = 1 << 6,
    AccessTimeNow = 1 << 7,
    ModifyTimeNow = 1 << 8,
    ChangeTime = 1 << 10,
    KillSetId = 1 << 11,
}

/// <summary>Single flags of other requests.</summary>
internal static class FuseRequestFlags
{
    public const uint OpenKillSetId = 1;
    public const uint WriteKillSetId = 4;
    public const uint SetXattrKillSetGroupId = 1;
    public const uint FsyncDataOnly = 1;
}
