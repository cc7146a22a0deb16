namespace ZoneTierFS.Linux;

/// <summary>The attributes that one setattr changes; null leaves an attribute as it is. Times are nanoseconds since the Unix epoch.</summary>
public struct FileStatusChanges
{
    /// <summary>Permission bits only; the file type never changes.</summary>
    public uint? Mode;
    public uint? UserId;
    public uint? GroupId;
    public ulong? Size;
    public long? AccessTime;
    public long? ModifyTime;
    public long? ChangeTime;
    public bool AccessTimeNow;
    public bool ModifyTimeNow;
    /// <summary>Clear set-user-ID and (where group-executable) set-group-ID, as a write or truncate by an unprivileged caller must.</summary>
    public bool KillSetId;

    /// <summary>
    /// Nothing is to be changed. The kernel sends that before a write, fallocate or copy that takes privileges from the file, and on a chown to nobody new:
    /// it leaves to the filesystem which set-ID bits and capabilities go.
    /// </summary>
    public readonly bool IsEmpty =>
        (Mode ?? UserId ?? GroupId) is null && Size is null && (AccessTime ?? ModifyTime ?? ChangeTime) is null
        && !AccessTimeNow && !ModifyTimeNow && !KillSetId;
}
