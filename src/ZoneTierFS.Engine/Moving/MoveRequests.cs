using ZoneTierFS.Engine.Concurrency;

namespace ZoneTierFS.Engine.Moving;

/// <summary>Files that the mover should look at, in order of asking, each once. Under the state lock.</summary>
internal sealed class MoveRequests
{
    /// <summary>More are dropped: they are found again when a zone of theirs is cleaned.</summary>
    private const int WaitingMax = 100_000;

    private readonly Queue<ulong> _queue = new();
    private readonly HashSet<ulong> _waiting = [];
    private readonly HashSet<ulong> _warm = [];
    private readonly HashSet<ulong> _deferred = [];

    /// <summary>Wakes the mover: for a file, or for zones that writers wait for.</summary>
    public AsyncSignal Wanted { get; } = new();

    public void Consider(ulong inode)
    {
        if (_waiting.Count >= WaitingMax || !_waiting.Add(inode)) return;
        _queue.Enqueue(inode);
        Wanted.Set();
    }

    /// <summary>The file is to be promoted wholly, whatever its heat.</summary>
    public void Warm(ulong inode)
    {
        _warm.Add(inode);
        Consider(inode);
    }

    /// <summary>The file cannot be moved now; <see cref="Resume"/> asks again.</summary>
    public void Defer(ulong inode)
    {
        if (_deferred.Count < WaitingMax) _deferred.Add(inode);
    }

    /// <summary>The file was written back or closed: what was asked of it meanwhile can be done now.</summary>
    public void Resume(ulong inode)
    {
        if (_deferred.Count > 0 && _deferred.Remove(inode)) Consider(inode);
    }

    public bool IsWarm(ulong inode) => _warm.Contains(inode);

    public void Cool(ulong inode) => _warm.Remove(inode);

    public bool TryTake(out ulong inode)
    {
        if (!_queue.TryDequeue(out inode)) return false;
        _waiting.Remove(inode);
        return true;
    }
}
