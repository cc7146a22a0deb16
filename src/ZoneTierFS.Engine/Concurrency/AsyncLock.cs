namespace ZoneTierFS.Engine.Concurrency;

/// <summary>
/// A lock that may be held across I/O: any number of shared holders or one exclusive, first come first served. Entering an uncontended lock completes at
/// once and allocates nothing.
/// </summary>
/// <param name="rank">Its place in the order, which <see cref="LockOrder"/> checks when it is watched.</param>
internal sealed class AsyncLock(LockRank rank)
{
    private readonly Lock _gate = new();
    private readonly Queue<Waiter> _waiters = new();
    private int _shared;
    private bool _exclusive;

    public LockRank Rank => rank;

    public ValueTask EnterSharedAsync()
    {
        if (LockOrder.IsWatched) LockOrder.Entering(this);
        lock (_gate)
        {
            if (!_exclusive && _waiters.Count == 0)
            {
                _shared++;
                return ValueTask.CompletedTask;
            }
            return Enqueue(exclusive: false);
        }
    }

    public ValueTask EnterExclusiveAsync()
    {
        if (LockOrder.IsWatched) LockOrder.Entering(this);
        lock (_gate)
        {
            if (!_exclusive && _shared == 0 && _waiters.Count == 0)
            {
                _exclusive = true;
                return ValueTask.CompletedTask;
            }
            return Enqueue(exclusive: true);
        }
    }

    public void ExitShared()
    {
        if (LockOrder.IsWatched) LockOrder.Left(this);
        lock (_gate)
        {
            Invariant.Holds(_shared > 0, "a shared lock is left only by its holder");
            _shared--;
            Admit();
        }
    }

    public void ExitExclusive()
    {
        if (LockOrder.IsWatched) LockOrder.Left(this);
        lock (_gate)
        {
            Invariant.Holds(_exclusive, "an exclusive lock is left only by its holder");
            _exclusive = false;
            Admit();
        }
    }

    private ValueTask Enqueue(bool exclusive)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiters.Enqueue(new Waiter(turn, exclusive));
        return new ValueTask(turn.Task);
    }

    private void Admit()
    {
        while (!_exclusive && _waiters.TryPeek(out var next))
        {
            if (next.Exclusive && _shared > 0) return;
            _waiters.Dequeue();
            if (next.Exclusive) _exclusive = true;
            else _shared++;
            next.Turn.SetResult();
        }
    }

    private readonly record struct Waiter(TaskCompletionSource Turn, bool Exclusive);
}
