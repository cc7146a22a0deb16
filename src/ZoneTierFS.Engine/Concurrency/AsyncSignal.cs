namespace ZoneTierFS.Engine.Concurrency;

/// <summary>Wakes everybody who waits; a waiter takes the task before it looks at the condition, so that no wake-up is missed.</summary>
internal sealed class AsyncSignal
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _awaited;

    public Task Next
    {
        get
        {
            lock (_gate)
            {
                _awaited = true;
                return _next.Task;
            }
        }
    }

    public void Set()
    {
        TaskCompletionSource fired;
        lock (_gate)
        {
            if (!_awaited) return;
            fired = _next;
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited = false;
        }
        fired.SetResult();
    }

    /// <summary>Waits for a signal task or until the time is over or the token is cancelled, whichever is first.</summary>
    public static async Task WaitAsync(Task signal, TimeSpan longest, TimeProvider time, CancellationToken ct = default)
    {
        if (signal.IsCompleted || ct.IsCancellationRequested) return;
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var delay = Task.Delay(longest, time, cancel.Token);
        await Task.WhenAny(signal, delay);
        await cancel.CancelAsync();
    }
}
