namespace ZoneTierFS.Fuse;

/// <summary>
/// The request that one worker is about and that may be interrupted, and the token which says that it was. The token's source is used again for the next
/// request, so a request that nobody interrupts allocates nothing.
/// </summary>
internal sealed class InterruptSlot(RequestInterrupts all) : IDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenSource _source = new();
    private ulong _unique;

    /// <summary>From here to <see cref="End"/> the token is this request's.</summary>
    public CancellationToken Begin(ulong unique)
    {
        lock (_gate)
        {
            if (_source.IsCancellationRequested)
            {
                _source.Dispose();
                _source = new CancellationTokenSource();
            }
            _unique = unique;
        }
        if (all.CameEarly(unique))
            TryInterrupt(unique);
        return _source.Token;
    }

    public void End()
    {
        lock (_gate)
            _unique = 0;
    }

    /// <summary>Cancels the request's token. The lock is held meanwhile, so that the worker cannot have gone on to another request.</summary>
    /// <returns>False where this worker is about another request, or none.</returns>
    public bool TryInterrupt(ulong unique)
    {
        lock (_gate)
        {
            if (_unique != unique)
                return false;
            _source.Cancel();
            return true;
        }
    }

    public void Dispose() => _source.Dispose();
}
