using Microsoft.Extensions.Logging;

namespace ZoneTierFS.Engine;

/// <summary>All that the engine logs.</summary>
internal static partial class StateLog
{
    [LoggerMessage(1, LogLevel.Critical, "The volume accepts no more writes: {Reason}")]
    public static partial void VolumeFailed(ILogger log, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Tier {Tier} zone {Zone} failed and is left alone: {Problem}")]
    public static partial void ZoneFrozen(ILogger log, string tier, int zone, string problem);

    [LoggerMessage(3, LogLevel.Error, "Journal append failed, writing a checkpoint instead: {Problem}")]
    public static partial void JournalFailed(ILogger log, string problem);

    [LoggerMessage(4, LogLevel.Error, "Inode {Inode}: bytes {Offset} to {End} cannot be read: {Problem}")]
    public static partial void DataDamaged(ILogger log, ulong inode, long offset, long end, string problem);

    [LoggerMessage(5, LogLevel.Error, "Inode {Inode}: written data could not be stored: {Problem}")]
    public static partial void WriteBackFailed(ILogger log, ulong inode, string problem);

    [LoggerMessage(6, LogLevel.Information, "Volume {Uuid} open: generation {Generation}, {Mutations} journal mutations replayed, {Inodes} inodes")]
    public static partial void Opened(ILogger log, Guid uuid, ulong generation, long mutations, long inodes);

    [LoggerMessage(7, LogLevel.Warning, "A clean copy of inode {Inode} on tier {Tier} was damaged and dropped; the authoritative bytes serve")]
    public static partial void CopyDropped(ILogger log, ulong inode, string tier);

    [LoggerMessage(8, LogLevel.Information, "Journal ends at batch {Sequence}: {Reason}")]
    public static partial void JournalEnd(ILogger log, ulong sequence, string reason);

    [LoggerMessage(12, LogLevel.Warning, "Journal batch {Sequence} was never confirmed and does not count: {Problem}")]
    public static partial void BatchUnconfirmed(ILogger log, ulong sequence, string problem);

    [LoggerMessage(13, LogLevel.Error, "Copy {Copy} of the metadata, on tier {Tier}, cannot be written and is given up until the next mount: {Problem}")]
    public static partial void CopyLost(ILogger log, int copy, string tier, string problem);

    [LoggerMessage(14, LogLevel.Error, "Copy {Copy} of the metadata, on tier {Tier}, is damaged, and the other one serves: {Problem}")]
    public static partial void MetadataDamaged(ILogger log, int copy, string tier, string problem);

    [LoggerMessage(15, LogLevel.Error, "The device of tier {Tier} is missing: {Bytes} bytes of {Files} files cannot be read")]
    public static partial void DeviceMissing(ILogger log, string tier, long bytes, int files);

    [LoggerMessage(16, LogLevel.Error, "{Damage}")]
    public static partial void JournalDamaged(ILogger log, string damage);

    [LoggerMessage(9, LogLevel.Error, "{Where}: {Problem}")]
    public static partial void OperationFailed(ILogger log, string where, string problem);

    [LoggerMessage(10, LogLevel.Critical, "A background task broke: {Problem}")]
    public static partial void BackgroundBroke(ILogger log, Exception exception, string problem);

    [LoggerMessage(11, LogLevel.Information, "Inode {Inode} moved: {Bytes} bytes to tier {Tier} ({Why})")]
    public static partial void Moved(ILogger log, ulong inode, long bytes, string tier, string why);
}
