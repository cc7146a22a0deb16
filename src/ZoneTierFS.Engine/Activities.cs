namespace ZoneTierFS.Engine;

/// <summary>
/// What the engine is doing right now, for whoever asks in what a crash or an error came. Every part that does an <see cref="Activity"/> enters and leaves it
/// here; several may do the same, and one inside another. Costs two additions each time, and no lock.
/// </summary>
internal sealed class Activities
{
    private readonly int[] _underWay = new int[Enum.GetValues<Activity>().Length];

    public bool IsUnderWay(Activity activity) => Volatile.Read(ref _underWay[(int)activity]) > 0;

    /// <summary>Enters; leave it by disposing of what is returned, once.</summary>
    public Scope Enter(Activity activity)
    {
        Interlocked.Increment(ref _underWay[(int)activity]);
        return new Scope(this, activity);
    }

    public readonly record struct Scope(Activities Activities, Activity Activity) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref Activities._underWay[(int)Activity]);
    }
}
