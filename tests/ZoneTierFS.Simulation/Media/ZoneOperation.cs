namespace ZoneTierFS.Simulation;

/// <summary>An operation that no flush has made durable yet: lost, kept, or torn when the power fails.</summary>
internal sealed class ZoneOperation(ZoneOperationKind kind, ZoneState after)
{
    public ZoneOperationKind Kind { get; } = kind;

    public ZoneState After { get; set; } = after;

    /// <summary>The medium's count of completed operations when this one completed; long.MaxValue while it is in flight.</summary>
    public long CompletedAt { get; set; } = long.MaxValue;

    public bool IsInFlight => CompletedAt == long.MaxValue;
}
