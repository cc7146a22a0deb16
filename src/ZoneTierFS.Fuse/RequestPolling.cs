namespace ZoneTierFS.Fuse;

/// <summary>
/// Decides when a worker looks for the next request again and again for a moment instead of sleeping. Waking a thread on another processor takes longer than
/// quick requests do, above all in a virtual machine, and a program that creates or opens many small files waits for it each time. One worker at a time
/// polls, only while polling has paid lately, and rarely to find out whether it does; never behind reading and long writes, where devices and copying need
/// the processors. One for all workers of a mount.
/// </summary>
internal sealed class RequestPolling
{
    private const int CreditMax = 8;
    private const int TrialEvery = 16;

    private readonly bool _isWorthwhile;
    private int _taken;
    private int _credit;
    private int _untried;

    /// <param name="tries">How often the channel is asked before the worker sleeps; 0: it sleeps at once.</param>
    /// <param name="processors">On a single one, polling would only keep the others from running.</param>
    public RequestPolling(int tries, int processors)
    {
        Tries = tries;
        _isWorthwhile = tries > 0 && processors > 1;
    }

    public int Tries { get; }

    /// <summary>True: the caller polls, and says <see cref="End"/> afterwards.</summary>
    public bool TryBegin()
    {
        if (!_isWorthwhile || Volatile.Read(ref _taken) != 0 || Interlocked.CompareExchange(ref _taken, 1, 0) != 0)
            return false;
        if (_credit > 0 || ++_untried >= TrialEvery)
            return true;
        Volatile.Write(ref _taken, 0);
        return false;
    }

    /// <param name="found">A request came in time.</param>
    public void End(bool found)
    {
        _untried = 0;
        _credit = found ? CreditMax : Math.Max(0, _credit - 1);
        Volatile.Write(ref _taken, 0);
    }
}
