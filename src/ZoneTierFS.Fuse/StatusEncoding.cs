using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>Between <see cref="FileStatus"/> and the kernel's attributes.</summary>
internal static class StatusEncoding
{
    /// <summary>What statfs and stat name as the preferred unit of I/O, bytes.</summary>
    public const uint BlockSize = 4096;

    private const long NanosecondsPerSecond = 1_000_000_000;

    public static FuseAttr ToAttr(in FileStatus status)
    {
        var attr = new FuseAttr
        {
            Inode = status.Inode,
            Size = status.Size,
            Blocks = status.Blocks,
            Mode = status.Mode,
            LinkCount = status.LinkCount,
            UserId = status.UserId,
            GroupId = status.GroupId,
            DeviceNumber = status.DeviceNumber,
            BlockSize = BlockSize,
        };
        (attr.AccessSeconds, attr.AccessNanoseconds) = Split(status.AccessTime);
        (attr.ModifySeconds, attr.ModifyNanoseconds) = Split(status.ModifyTime);
        (attr.ChangeSeconds, attr.ChangeNanoseconds) = Split(status.ChangeTime);
        return attr;
    }

    public static FuseEntryOut ToEntry(in FileStatus status, CacheTimeout attributeTimeout, CacheTimeout entryTimeout) => new()
    {
        Inode = status.Inode,
        Generation = status.Generation,
        EntrySeconds = entryTimeout.Seconds,
        EntryNanoseconds = entryTimeout.Nanoseconds,
        AttributeSeconds = attributeTimeout.Seconds,
        AttributeNanoseconds = attributeTimeout.Nanoseconds,
        Attributes = ToAttr(status),
    };

    public static FileStatusChanges ToChanges(in FuseSetAttrIn input)
    {
        var valid = input.Valid;
        var (hasAccessTime, accessNow) = (Has(valid, FuseSetAttrValid.AccessTime), Has(valid, FuseSetAttrValid.AccessTimeNow));
        var (hasModifyTime, modifyNow) = (Has(valid, FuseSetAttrValid.ModifyTime), Has(valid, FuseSetAttrValid.ModifyTimeNow));
        return new FileStatusChanges
        {
            Mode = Has(valid, FuseSetAttrValid.Mode) ? input.Mode & Linux.FileMode.PermissionMask : null,
            UserId = Has(valid, FuseSetAttrValid.UserId) ? input.UserId : null,
            GroupId = Has(valid, FuseSetAttrValid.GroupId) ? input.GroupId : null,
            Size = Has(valid, FuseSetAttrValid.Size) ? input.Size : null,
            AccessTime = hasAccessTime && !accessNow ? Join(input.AccessSeconds, input.AccessNanoseconds) : null,
            ModifyTime = hasModifyTime && !modifyNow ? Join(input.ModifySeconds, input.ModifyNanoseconds) : null,
            ChangeTime = Has(valid, FuseSetAttrValid.ChangeTime) ? Join(input.ChangeSeconds, input.ChangeNanoseconds) : null,
            AccessTimeNow = accessNow,
            ModifyTimeNow = modifyNow,
            KillSetId = Has(valid, FuseSetAttrValid.KillSetId),
        };
    }

    private static bool Has(FuseSetAttrValid valid, FuseSetAttrValid flag) => (valid & flag) != 0;

    /// <summary>Nanoseconds count forward from the second also before 1970.</summary>
    private static (long Seconds, uint Nanoseconds) Split(long time)
    {
        var (seconds, rest) = Math.DivRem(time, NanosecondsPerSecond);
        return rest >= 0 ? (seconds, (uint)rest) : (seconds - 1, (uint)(rest + NanosecondsPerSecond));
    }

    /// <summary>A time that 64 bits of nanoseconds cannot hold (beyond the years 1678 to 2262) becomes the nearest that they can.</summary>
    private static long Join(long seconds, uint nanoseconds)
    {
        const long Limit = long.MaxValue / NanosecondsPerSecond;
        if (seconds >= Limit)
            return long.MaxValue;
        return seconds < -Limit ? long.MinValue : seconds * NanosecondsPerSecond + Math.Min(nanoseconds, (uint)NanosecondsPerSecond - 1);
    }
}
