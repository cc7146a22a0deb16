namespace ZoneTierFS.Devices;

/// <summary>What a <see cref="ZoneTable"/> keeps of one zone.</summary>
internal struct ZoneState
{
    /// <summary>Bytes that the zone really holds: the write pointer, also of a zone that was finished before its end.</summary>
    public long Written;
    /// <summary>How often the zone was reset.</summary>
    public ulong Epoch;
    public ZoneCondition Condition;
    /// <summary>An append, finish or reset is in flight.</summary>
    public bool Busy;

    /// <summary>The condition after a restart, when no zone is open any more.</summary>
    public readonly ZoneCondition SettledCondition =>
        Condition == ZoneCondition.Full ? ZoneCondition.Full : Written == 0 ? ZoneCondition.Empty : ZoneCondition.Closed;
}
