namespace ZoneTierFS.Simulation;

/// <summary>A clock that moves only when its world moves it. Due timers are posted to the world, never run by the clock itself.</summary>
public sealed class VirtualTime : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SeededWorld _world;
    private readonly PriorityQueue<Due, (long At, long Order)> _queue = new();
    private long _order;

    internal VirtualTime(SeededWorld world, TimeSpan elapsed)
    {
        _world = world;
        Elapsed = elapsed;
    }

    /// <summary>Time since the simulation began, over all its worlds.</summary>
    public TimeSpan Elapsed { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        _world.DemandInside("the clock");
        return Start + Elapsed;
    }

    public override long GetTimestamp()
    {
        _world.DemandInside("the clock");
        return Elapsed.Ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _world.DemandInside("a timer's creation");
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    internal void Advance(TimeSpan by) => Elapsed += by;

    /// <summary>Posts every timer that is due now.</summary>
    internal void FireDue()
    {
        while (TryPeekLive(out long at) && at <= Elapsed.Ticks)
        {
            Due due = _queue.Dequeue();
            _world.Post(static state => ((Timer)state!).Fire(), due.Timer);
        }
    }

    /// <summary>Jumps to the next timer; false where none waits.</summary>
    internal bool TryJump()
    {
        if (!TryPeekLive(out long at))
        {
            return false;
        }

        Elapsed = TimeSpan.FromTicks(Math.Max(at, Elapsed.Ticks));
        FireDue();
        return true;
    }

    private bool TryPeekLive(out long at)
    {
        while (_queue.TryPeek(out Due due, out (long At, long Order) key))
        {
            if (due.Generation == due.Timer.Generation)
            {
                at = key.At;
                return true;
            }

            _queue.Dequeue();
        }

        at = 0;
        return false;
    }

    private void Enqueue(Timer timer, TimeSpan after)
        => _queue.Enqueue(new Due(timer, timer.Generation), (Elapsed.Ticks + Math.Max(0, after.Ticks), _order++));

    private readonly record struct Due(Timer Timer, int Generation);

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        /// <summary>Counts changes, so that queue entries of earlier settings are known as stale.</summary>
        public int Generation { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time._world.DemandInside("a timer's change");
            Generation++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                time.Enqueue(this, dueTime);
            }

            return true;
        }

        public void Fire()
        {
            if (_period > TimeSpan.Zero)
            {
                time.Enqueue(this, _period);
            }

            callback(state);
        }

        public void Dispose() => Generation++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
