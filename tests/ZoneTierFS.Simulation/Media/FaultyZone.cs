namespace ZoneTierFS.Simulation;

/// <summary>One zone of a <see cref="FaultyMedium"/>: what is durable, and what has happened since.</summary>
internal sealed class FaultyZone
{
    public FaultyZone(long capacity) : this(new ZoneState(new ZoneImage((int)capacity, null), 0, false, 0))
    {
    }

    private FaultyZone(ZoneState state)
    {
        Durable = state;
        Current = state;
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

    /// <summary>The zone as it is at this moment, for a power cut that the zone itself never sees.</summary>
    /// <param name="isWritable">Also copy images that a power cut does not change, because a device will append to them.</param>
    public FaultyZone Fork(bool isWritable)
    {
        if (Unflushed.Count == 0)
        {
            return new FaultyZone(isWritable ? Durable with { Image = Durable.Image.Fork() } : Durable);
        }

        var forks = new List<(ZoneImage Origin, ZoneImage Copy)>(2);
        var fork = new FaultyZone(Fork(Durable)) { Current = Fork(Current) };
        foreach (ZoneOperation operation in Unflushed)
        {
            fork.Unflushed.Add(new ZoneOperation(operation.Kind, Fork(operation.After)) { CompletedAt = operation.CompletedAt });
        }

        return fork;

        ZoneState Fork(ZoneState state)
        {
            int known = forks.FindIndex(pair => ReferenceEquals(pair.Origin, state.Image));
            ZoneImage copy = known >= 0 ? forks[known].Copy : state.Image.Fork();
            if (known < 0)
            {
                forks.Add((state.Image, copy));
            }

            return state with { Image = copy };
        }
    }

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
