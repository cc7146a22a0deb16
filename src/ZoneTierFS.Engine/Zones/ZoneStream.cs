using ZoneTierFS.Engine.Concurrency;

namespace ZoneTierFS.Engine.Zones;

/// <summary>One open zone of one device and its single submitter: data of one lifetime goes there, so that it dies together.</summary>
internal sealed class ZoneStream(DeviceZones zones, byte index, ZonePurpose purpose)
{
    public DeviceZones Zones { get; } = zones;
    public byte Index { get; } = index;
    public ZonePurpose Purpose { get; } = purpose;

    /// <summary>Held by the one append in flight: zones fail writes that race for the pointer.</summary>
    public AsyncLock Turn { get; } = new(LockRank.InodeOrStream);

    /// <summary>The open zone, or -1.</summary>
    public int Zone { get; set; } = -1;
}
