namespace ZoneTierFS.Engine.Concurrency;

/// <summary>
/// Checks, when it is watched, that locks are taken in their order, none twice and two of a rank never together; that no lock and no device is waited for under
/// the state lock; and that space and journal room are waited for under none. Stress tests and the simulator watch; a mounted volume does not, and pays the
/// look at a flag.
/// </summary>
internal static class LockOrder
{
    /// <summary>
    /// What a flow of calls holds. The list is made by the first method that takes a lock, and seen by all that it calls: a lock is left by the method that
    /// took it.
    /// </summary>
    private static readonly AsyncLocal<List<AsyncLock>?> s_held = new();

    private static volatile Lock[] s_innermost = [];

    /// <summary>Whether locks are checked; switched on before the volumes to be watched are opened.</summary>
    public static bool IsWatched { get; set; }

    /// <summary>Makes a lock known that stands behind all others, until it is removed: all are looked at whenever another lock is taken.</summary>
    public static void AddInnermost(Lock gate)
    {
        if (!IsWatched) return;
        for (var seen = s_innermost; Interlocked.CompareExchange(ref s_innermost, [.. seen, gate], seen) != seen; seen = s_innermost)
        {
        }
    }

    public static void RemoveInnermost(Lock gate)
    {
        for (var seen = s_innermost; Array.IndexOf(seen, gate) is var at and >= 0; seen = s_innermost)
            if (Interlocked.CompareExchange(ref s_innermost, [.. seen[..at], .. seen[(at + 1)..]], seen) == seen) return;
    }

    /// <summary>What follows is done for none of the holders so far, but for another volume. To be called in an async method, to whose end it holds.</summary>
    public static void Forget() => s_held.Value = null;

    public static void Entering(AsyncLock taken)
    {
        RequireNoInnermost($"to take a lock of rank {taken.Rank}");
        var held = s_held.Value ??= [];
        lock (held)
        {
            foreach (var outer in held)
                if (outer.Rank >= taken.Rank) throw new InvalidOperationException($"Lock order broken: {taken.Rank} is taken under {outer.Rank}.");
            held.Add(taken);
        }
    }

    public static void Left(AsyncLock left)
    {
        if (s_held.Value is not { } held) return;
        lock (held) held.Remove(left);
    }

    /// <summary>Called before waits that may need what the holder of any lock would have to do.</summary>
    public static void RequireNone(string purpose)
    {
        if (!IsWatched) return;
        RequireNoInnermost(purpose);
        if (s_held.Value is not { } held) return;
        lock (held)
            if (held.Count > 0) throw new InvalidOperationException($"Lock order broken: {held[^1].Rank} is held {purpose}.");
    }

    /// <summary>Called by watched devices.</summary>
    public static void RequireNoInnermost(string purpose)
    {
        if (!IsWatched) return;
        foreach (var gate in s_innermost)
            if (gate.IsHeldByCurrentThread) throw new InvalidOperationException($"Lock order broken: the state lock is held {purpose}.");
    }
}
