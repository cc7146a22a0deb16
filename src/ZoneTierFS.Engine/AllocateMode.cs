namespace ZoneTierFS.Engine;

/// <summary>What fallocate(2) asks for.</summary>
public enum AllocateMode
{
    /// <summary>Extend the size where needed; space is not preallocated, because appends never overwrite in place.</summary>
    Extend,
    KeepSize,
    PunchHole,
    ZeroRange,
    ZeroRangeKeepSize,
}
