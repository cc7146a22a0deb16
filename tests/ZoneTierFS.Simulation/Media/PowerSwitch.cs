namespace ZoneTierFS.Simulation;

/// <summary>The power of all devices of a world: it fails at a device operation that was chosen beforehand, and the world stops with it.</summary>
public sealed class PowerSwitch(SeededWorld world, long cutAtOperation = long.MaxValue, long cutAtFlush = long.MaxValue)
{
    private readonly Task _never = new TaskCompletionSource().Task;

    /// <summary>Device operations so far, over all devices.</summary>
    public long Operations { get; private set; }

    /// <summary>Flushes so far, over all devices.</summary>
    public long Flushes { get; private set; }

    public bool IsCut => world.IsStopped;

    /// <summary>Called at the beginning and at the end of every device operation: the moments at which it makes a difference that the power fails.</summary>
    public Action? OnMoment { get; set; }

    /// <summary>Counts an operation, which may be the one at which the power fails.</summary>
    /// <returns>True where the operation still reaches the medium.</returns>
    internal bool Count()
    {
        if (IsCut)
        {
            return false;
        }

        Operations++;
        if (Operations < cutAtOperation)
        {
            return true;
        }

        Cut();
        return world.Random.Chance(0.5);
    }

    /// <summary>Counts a flush. The moment before one is when most is at stake, so the power can be told to fail at one of them.</summary>
    internal void CountFlush()
    {
        Flushes++;
        if (Flushes >= cutAtFlush && !IsCut)
        {
            Cut();
        }
    }

    private void Cut()
    {
        world.Trace.Record($"power cut at device operation {Operations}, flush {Flushes}");
        world.Stop();
    }

    /// <summary>What waits for a device without power waits forever: it sees neither success nor an error that it could act upon.</summary>
    internal Task WaitForeverAsync() => _never;
}
