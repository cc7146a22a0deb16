using System.Globalization;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Judges mutants on all processors until they are spent or one fails. Each can be repeated alone.</summary>
internal sealed class ImageRunner(CommandLine command, string target, IMutantRun run, int mutants, Action<string> output)
{
    private const int ProgressEvery = 10_000;

    /// <summary>The whole process, bytes: what the volumes of a run and the runtime take, and for each mutant at work 64 MiB.</summary>
    private const long MemoryBytesMax = 1L << 30;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly (int Number, long Begun)[] _current = new (int, long)[Environment.ProcessorCount];
    private int _next = command.Mutant ?? 0;
    private int _failures;
    private int _done;

    public int Done => _done;

    public int Failures => _failures;

    public void Run()
    {
        var end = command.Mutant is { } only ? only + 1 : mutants;
        using var watch = TimeProvider.System.CreateTimer(_ => Watch(), null, s_look, s_look);
        var workers = Enumerable.Range(0, Math.Min(_current.Length, end - _next))
            .Select(worker => new Thread(() => Work(worker, end)) { Name = $"image-{worker}" }).ToList();
        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());
    }

    private void Work(int worker, int end)
    {
        while (Failures < command.FailuresMax && Interlocked.Increment(ref _next) - 1 is var number && number < end)
        {
            _current[worker] = (number, TimeProvider.System.GetTimestamp());
            try
            {
                run.Judge(number);
            }
            catch (Exception failure)
            {
                // Whatever it is, it is what this program looks for.
                Report(number, failure is FuzzFailure ? failure.Message : failure.ToString());
            }
            _current[worker] = default;
            if (Interlocked.Increment(ref _done) % ProgressEvery == 0)
                output($"{_done} mutants: {run.Summary}");
        }
    }

    /// <summary>A mutant that does not end, or eats the memory, cannot be stopped from here: it is reported, and with it the process ends.</summary>
    private void Watch()
    {
        var isGreedy = Environment.WorkingSet > MemoryBytesMax;
        foreach (var (number, begun) in _current.ToArray())
        {
            var isSlow = begun != 0 && TimeProvider.System.GetElapsedTime(begun) > s_patience;
            if (begun == 0 || !(isSlow || isGreedy))
                continue;
            Report(number, isSlow ? $"it has not ended for {s_patience.TotalSeconds} s" : $"the process has come to {Environment.WorkingSet} bytes of memory");
            Environment.Exit(1);
        }
    }

    private void Report(int number, string problem)
    {
        Interlocked.Increment(ref _failures);
        output(string.Create(CultureInfo.InvariantCulture, $"""
            FAILED: mutant {number} of seed {command.Seed} ({run.Describe(number)}): {problem}
            repeat: scripts/fuzz.sh --target {target} --seed {command.Seed} --mutant {number}
            """));
    }
}
