using ZoneTierFS.Engine;

namespace ZoneTierFS.Simulation;

/// <summary>
/// One simulation: formats a volume, then lives through openings that end with a power cut or a close, judging at each opening what survived; a last life
/// without faults must find everything in order and work.
/// </summary>
public sealed class SeedRun
{
    private const double CleanLifeChance = 0.2;

    private static readonly PowerCut Never = new();

    private readonly ulong _seed;
    private readonly SeededRandom _random;
    private readonly SimulationPlan _plan;
    private readonly WorldTrace _trace;
    private readonly ReferenceModel _model = new();
    private readonly FaultyMedium[] _media;
    private TimeSpan _elapsed;
    private ulong _worlds;
    private int _crashes;
    private long _operations;
    private PowerCut _longest = new() { Operation = 500, Flush = 50, Step = 2000 };
    private PowerSwitch? _power;
    private WorldLog? _log;
    private string _phase = "";
    private readonly PhaseCounts _phases = new();
    private readonly SeedRunParts _parts;
    private readonly CrashSweep? _sweep;
    private bool _isAfterCrash;

    private SeedRun(ulong seed, SimulationOptions options)
    {
        _seed = seed;
        _random = new SeededRandom(seed).Fork(1);
        _plan = new SimulationPlan(seed, options);
        _trace = new WorldTrace(options.Trace);
        _media = [.. _plan.Tiers.Select(tier => new FaultyMedium(tier.Geometry))];
        _parts = new SeedRunParts(_plan, _model, _media, options);
        _sweep = options.SweepOneOf > 0
            ? new CrashSweep(_parts, new SeededRandom(seed).Fork(2))
            : null;
    }

    public static SeedResult Run(ulong seed, SimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var run = new SeedRun(seed, options);
        string? failure = run.Run();
        return new SeedResult(seed, failure, run._crashes, run._operations, run._trace.Hash)
        {
            Phases = run._phases, CrashPoints = run._sweep?.Points ?? 0, PointPhases = run._sweep?.Phases ?? new PhaseCounts(),
        };
    }

    private string? Run()
    {
        _trace.Write($"seed {_seed}: {_plan}");
        try
        {
            FormatThroughCrashes();
            for (int life = 1; life <= _plan.Lives; life++)
            {
                LiveThrough(life);
            }

            LiveInPeace();
            return null;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Whatever the engine throws, expected or not, ends the seed: the report must name it.
            string kind = failure is SimulationException ? "" : $"{failure.GetType().Name}: ";
            string log = _log is null ? "" : string.Concat(_log.Kept.Select(line => $"\n  log: {line}"));
            string stack = failure is SimulationException { InnerException: null } ? "" : $"\n{failure}";
            return $"{_phase}: {kind}{failure.Message}{log}{stack}";
        }
    }

    private void FormatThroughCrashes()
    {
        for (int attempt = 0; ; attempt++)
        {
            bool mayCrash = attempt < _plan.FormatCrashes;
            Begin($"format {attempt + 1}", mayCrash ? new PowerCut { Operation = _random.Between(1, 30) } : Never, new FaultKnobs(), out Life life);
            bool force = attempt > 0;
            bool finished = life.World.Run(() => life.FormatAsync(force));
            End(life, finished);
            if (finished && !mayCrash)
            {
                break;
            }
        }

        Begin("first opening", Never, new FaultKnobs(), out Life first);
        first.World.Run(first.MakeClientsAsync);
        End(first, true);
    }

    private void LiveThrough(int number)
    {
        Begin($"life {number}", PickCut(), _plan.Knobs, out Life life);
        if (_sweep is not null)
        {
            _sweep.IsAfterCrash = _isAfterCrash;
            _power!.OnMoment = () => _sweep.NoteMoment(life);
        }

        bool finished = life.World.Run(() => life.LiveAsync(_plan.ActionsPerLife, step => _phase = $"life {number}, {step}"));
        _operations += life.Actions;
        End(life, finished);
    }

    private void LiveInPeace()
    {
        for (int opening = 1; opening <= 2; opening++)
        {
            Begin($"last life, opening {opening}", Never, _plan.Knobs with { AppendErrorChance = 0, FlushLies = false }, out Life life);
            bool deletesAll = opening == 2;
            string name = $"last life, opening {opening}";
            life.World.Run(() => life.LiveInPeaceAsync(deletesAll, step => _phase = $"{name}, {step}"));
            _operations += life.Actions;
            End(life, true);
            if (!deletesAll && _parts.Options.MediaFaults)
            {
                _phase = "reading from spoiled media";
                new DamageTrial(_parts, _random.Fork(++_worlds), life.World.Time).Run();
            }
        }
    }

    private PowerCut PickCut()
    {
        if (_random.Chance(CleanLifeChance))
        {
            return Never;
        }

        return _random.Next(3) switch
        {
            0 => new PowerCut { Operation = PickMoment(_longest.Operation) },
            1 => new PowerCut { Flush = PickMoment(_longest.Flush) },
            _ => new PowerCut { Step = PickMoment(_longest.Step) },
        };
    }

    /// <summary>Half of the time early, in recovery and at the first work; otherwise anywhere in a life as long as the longest so far.</summary>
    private long PickMoment(long longest)
        => _random.Chance(0.5) ? 1 + (long)Math.Exp(_random.Next(1_000_000) / 1e6 * Math.Log(longest)) : _random.Between(1, longest);

    private void Begin(string phase, PowerCut cut, FaultKnobs knobs, out Life life)
    {
        _phase = phase;
        _trace.Write($"== {phase}: {cut}");
        SeededRandom random = _random.Fork(++_worlds);
        var world = new SeededWorld(random, _trace, _elapsed) { StopAtStep = cut.Step };
        var power = new PowerSwitch(world, cut.Operation, cut.Flush);
        _power = power;
        _log = new WorldLog(world);
        TierDevice[] devices = [.. _plan.Tiers.Select((tier, i) =>
            new TierDevice(tier.Name, new FaultyZonedDevice(tier.Name, _media[i], world, power, knobs)))];
        life = new Life(world, devices, new VolumeEnvironment(world.Time, _log) { Planted = _parts.Options.Planted }, _plan, _model, random.Fork(1));
    }

    private void End(Life life, bool finished)
    {
        _elapsed = life.World.Time.Elapsed;
        _longest = new PowerCut
        {
            Operation = Math.Max(_longest.Operation, _power!.Operations),
            Flush = Math.Max(_longest.Flush, _power.Flushes),
            Step = Math.Max(_longest.Step, life.World.Steps),
        };
        bool cutAfterClose = _random.Chance(0.5);
        bool isAfterCrash = _isAfterCrash;
        _isAfterCrash = !finished;
        if (finished && !cutAfterClose)
        {
            return;
        }

        if (!finished)
        {
            _phases.Add(life.FindPhases() | (isAfterCrash ? 1u << (int)CrashPhase.AfterCrash : 0));
        }

        life.Abandon();
        _trace.Record($"== power cut, finished {finished}");
        foreach (FaultyMedium medium in _media)
        {
            medium.CutPower(_random);
        }

        _crashes += finished ? 0 : 1;
    }
}
