namespace ZoneTierFS.Simulation;

/// <summary>Runs many seeds on all processors, each in a thread and a world of its own.</summary>
public sealed class SeedRunner(ulong first, int count, SimulationOptions options)
{
    private const int StackBytes = 16 << 20;
    private const int FailuresMax = 10;

    /// <summary>A seed that takes longer waits for something outside of its world.</summary>
    private static readonly TimeSpan SeedTimeMax = TimeSpan.FromMinutes(3);

    private readonly Lock _gate = new();
    private readonly List<SeedResult> _failures = [];
    private readonly Dictionary<ulong, long> _startedAt = [];
    private int _taken;

    public int Passed { get; private set; }

    public long Crashes { get; private set; }

    public long Operations { get; private set; }

    public long CrashPoints { get; private set; }

    public PhaseCounts Phases { get; } = new();

    public PhaseCounts PointPhases { get; } = new();

    public IReadOnlyList<SeedResult> Failures => _failures;

    /// <param name="onProgress">Told of failures as they happen, and now and then how far the run is.</param>
    public void Run(Action<string> onProgress)
    {
        ArgumentNullException.ThrowIfNull(onProgress);
        int threads = options.Trace is null ? Math.Min(Environment.ProcessorCount, count) : 1;
        List<Thread> workers = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() => Work(onProgress), StackBytes) { IsBackground = true })];
        workers.ForEach(worker => worker.Start());
        int reported = 0;
        foreach (Thread worker in workers)
        {
            while (!worker.Join(TimeSpan.FromSeconds(1)))
            {
                if (FindHung() is ulong hung)
                {
                    Note(new SeedResult(hung, $"no end after {SeedTimeMax}: it blocks its thread, or never yields", 0, 0, 0), onProgress);
                    return;
                }

                int done = Passed + _failures.Count;
                if (done >= reported + 100)
                {
                    reported = done;
                    onProgress($"{done} of {count} seeds, {Crashes} crashes, {CrashPoints} crash points, {Operations} operations");
                }
            }
        }
    }

    private void Work(Action<string> onProgress)
    {
        while (true)
        {
            ulong seed;
            lock (_gate)
            {
                if (_taken == count || _failures.Count >= FailuresMax)
                {
                    return;
                }

                seed = first + (ulong)_taken++;
                _startedAt.Add(seed, Environment.TickCount64);
            }

            SeedResult result = SeedRun.Run(seed, options);
            Note(result, onProgress);
        }
    }

    private void Note(SeedResult result, Action<string> onProgress)
    {
        lock (_gate)
        {
            _startedAt.Remove(result.Seed);
            Crashes += result.Crashes;
            Operations += result.Operations;
            CrashPoints += result.CrashPoints;
            Phases.Add(result.Phases);
            PointPhases.Add(result.PointPhases);
            if (result.Failure is null)
            {
                Passed++;
                return;
            }

            _failures.Add(result);
            onProgress($"seed {result.Seed} FAILED: {result.Failure}");
        }
    }

    private ulong? FindHung()
    {
        lock (_gate)
        {
            long latest = options.Trace is null ? Environment.TickCount64 - (long)SeedTimeMax.TotalMilliseconds : long.MinValue;
            return _startedAt.Where(pair => pair.Value < latest).Select(pair => (ulong?)pair.Key).FirstOrDefault();
        }
    }
}
