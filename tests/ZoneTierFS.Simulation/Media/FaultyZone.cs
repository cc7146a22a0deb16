namespace ZoneTierFS.Simulation;

/// <summary>One zone of a <see cref="FaultyMedium"/>: what is durable, and what has happened since.</summary>
internal sealed class FaultyZone
{
    public FaultyZone(long capacity)
    {
        Durable = new ZoneState(new ZoneImage((int)capacity, null), 0, false, 0);
        Current = Durable;
    }

    public ZoneState Durable { get; set; }

    /// <summary>What the device shows: the state after the last completed operation.</summary>
    public ZoneState Current { get; set; }

    /// <summary>Operations since the durable state, oldest first; at most the last one is in flight.</summary>
    public List<ZoneOperation> Unflushed { get; } = [];

    public int ReadsInFlight { get; set; }

    /// <summary>Appended to since the power came on.</summary>
    public bool IsOpen { get; set; }

    /// <summary>An append failed and the zone has not been reported or reset since: the host cannot know its pointer.</summary>
    public bool IsPointerUnknown { get; set; }

    public ZoneOperation? InFlight => Unflushed.Count > 0 && Unflushed[^1].IsInFlight ? Unflushed[^1] : null;

    public ZoneOperation Begin(ZoneOperationKind kind, ZoneState after)
    {
        var operation = new ZoneOperation(kind, after);
        Unflushed.Add(operation);
        return operation;
    }

    public void MakeDurable(long upTo)
    {
        int count = 0;
        while (count < Unflushed.Count && Unflushed[count].CompletedAt <= upTo)
        {
            Durable = Unflushed[count].After;
            count++;
        }

        Unflushed.RemoveRange(0, count);
    }

    /// <summary>The state after the first <paramref name="kept"/> unflushed operations.</summary>
    public ZoneState After(int kept) => kept == 0 ? Durable : Unflushed[kept - 1].After;

    public void Settle(ZoneState survivor)
    {
        Durable = survivor;
        Current = survivor;
        Unflushed.Clear();
        ReadsInFlight = 0;
        IsOpen = false;
        IsPointerUnknown = false;
    }
}
