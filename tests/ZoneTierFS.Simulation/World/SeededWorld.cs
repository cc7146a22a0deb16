using System.Runtime.ExceptionServices;
using System.Text;
using ZoneTierFS.Engine.Concurrency;

namespace ZoneTierFS.Simulation;

/// <summary>
/// A world of one thread in which ordinary async code runs reproducibly: of all continuations that could run next, the seed picks one. Time stands still
/// while code runs, creeps by a microsecond per continuation, and jumps to the next timer when nothing else is left to do.
/// Work that escapes to another thread, and work that can never go on, fails the world.
/// </summary>
public sealed class SeededWorld : SynchronizationContext
{
    /// <summary>Steps between two looks for work that takes too long.</summary>
    private const int OverdueCheckSteps = 1024;

    private static readonly TimeSpan StepTime = TimeSpan.FromMicroseconds(1);

    private readonly List<Continuation> _ready = [];
    private readonly List<Func<string>> _pending = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile Exception? _failure;

    public SeededWorld(SeededRandom random, WorldTrace trace, TimeSpan elapsed = default)
    {
        Random = random;
        Trace = trace;
        Time = new VirtualTime(this, elapsed);
    }

    public SeededRandom Random { get; }

    public WorldTrace Trace { get; }

    public VirtualTime Time { get; }

    /// <summary>Continuations run so far.</summary>
    public long Steps { get; private set; }

    /// <summary>More steps than this fail the world.</summary>
    public long StepsMax { get; init; } = 5_000_000;

    /// <summary>The step after which the power fails; long.MaxValue for never.</summary>
    public long StopAtStep { get; init; } = long.MaxValue;

    /// <summary>Chance per step that a timer fires before its time has come by other means, as it does on a machine whose processor is slow.</summary>
    public double JumpChance { get; init; } = 0.001;

    /// <summary>True once the power is off: nothing runs any more, whatever was under way.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Says what takes too long, or null. Asked now and then.</summary>
    public Func<string?>? FindOverdue { get; set; }

    /// <summary>Adds a line that names what waits, for the message of a world that cannot go on.</summary>
    public void DescribePending(Func<string> line) => _pending.Add(line);

    public override SynchronizationContext CreateCopy() => this;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            ReportEscape("a continuation");
            return;
        }

        _ready.Add(new Continuation(d, state));
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        ArgumentNullException.ThrowIfNull(d);
        DemandInside("a synchronous send");
        d(state);
    }

    /// <summary>Fails the world and throws, when called from a thread that is not the world's.</summary>
    public void DemandInside(string what)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw ReportEscape(what);
        }
    }

    /// <summary>Fails the world; the first failure is the one that counts.</summary>
    public void Fail(Exception failure) => Interlocked.CompareExchange(ref _failure, failure, null);

    /// <summary>Switches the power off: no further continuation runs.</summary>
    public void Stop() => IsStopped = true;

    /// <summary>Resumes after the given time.</summary>
    public Task DelayAsync(TimeSpan time)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Time.CreateTimer(static state => ((TaskCompletionSource)state!).SetResult(), done, time, Timeout.InfiniteTimeSpan);
        return done.Task;
    }

    /// <summary>Runs to the end of the task. Returns false where the power failed before.</summary>
    /// <exception cref="SimulationException">The work broke a rule, escaped, cannot go on, or takes too long.</exception>
    public bool Run(Func<Task> main)
    {
        ArgumentNullException.ThrowIfNull(main);
        DemandInside("the start");
        SynchronizationContext? outer = Current;
        SetSynchronizationContext(this);
        try
        {
            Task task = StartAsync(main);
            while (!IsStopped && !task.IsCompleted)
            {
                ThrowIfFailed();
                Step();
            }

            ThrowIfFailed();
            if (task.IsCompleted)
            {
                task.GetAwaiter().GetResult();
            }

            return !IsStopped;
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    /// <summary>A world may be run in the middle of another one's work, whose locks are not its own.</summary>
    private static async Task StartAsync(Func<Task> main)
    {
        LockOrder.Forget();
        await main();
    }

    private void Step()
    {
        if (Steps >= StopAtStep)
        {
            Stop();
            return;
        }

        Steps++;
        if (Steps > StepsMax)
        {
            throw new SimulationException($"no end after {StepsMax} steps{ListPending()}");
        }

        if (Steps % OverdueCheckSteps == 0 && FindOverdue?.Invoke() is string overdue)
        {
            throw new SimulationException($"{overdue}{ListPending()}");
        }

        Time.Advance(StepTime);
        Time.FireDue();
        if (_ready.Count == 0 || Random.Chance(JumpChance))
        {
            if (!Time.TryJump() && _ready.Count == 0)
            {
                throw new SimulationException($"deadlock: no continuation is ready and no timer waits{ListPending()}");
            }

            return;
        }

        int index = Random.Next(_ready.Count);
        Trace.Add(index);
        Continuation next = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        next.Callback(next.State);
    }

    private void ThrowIfFailed()
    {
        if (_failure is SimulationException failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        if (_failure is not null)
        {
            throw new SimulationException($"{_failure.GetType().Name}: {_failure.Message}", _failure);
        }
    }

    private SimulationException ReportEscape(string what)
    {
        var escape = new SimulationException($"escape: {what} on a foreign thread\n{Environment.StackTrace}");
        Fail(escape);
        return escape;
    }

    private string ListPending()
    {
        var text = new StringBuilder();
        foreach (Func<string> line in _pending)
        {
            text.Append("\n  waits: ").Append(line());
        }

        return text.ToString();
    }

    private readonly record struct Continuation(SendOrPostCallback Callback, object? State);
}
