namespace ZoneTierFS.Engine.Concurrency;

/// <summary>
/// Wakes everybody who waits. A waiter notes the <see cref="Version"/> before it looks at its condition, so that no wake-up is missed. Continuations are posted
/// to the context of the waiter, never run on the waker's stack or (where there is a context) on the thread pool.
/// </summary>
internal sealed class AsyncSignal
{
    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource> _waiters = [];
    private long _version;

    /// <summary>Counts the wake-ups.</summary>
    public long Version => Volatile.Read(ref _version);

    public void Set()
    {
        lock (_gate)
        {
            _version++;
            foreach (var waiter in _waiters) waiter.TrySetResult();
            _waiters.Clear();
        }
    }

    /// <summary>Waits for a wake-up after the noted version, or until the time is over or the token is cancelled, whichever is first.</summary>
    public async Task WaitAsync(long seen, TimeSpan longest, TimeProvider time, CancellationToken ct = default)
    {
        if (ct.IsCancellationRequested) return;
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_version != seen) return;
            _waiters.Add(waiter);
        }
        await using var timer = time.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), waiter, longest, Timeout.InfiniteTimeSpan);
        await using var cancelled = ct.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), waiter);
        await waiter.Task;
        lock (_gate) _waiters.Remove(waiter);
    }
}
