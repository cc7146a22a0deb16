using System.Globalization;

namespace ZoneTierFS.Fuzz;

/// <summary>Runs episodes on all processors until the requests are spent or one fails. Each episode is a seed of its own, and can be repeated alone.</summary>
internal sealed class FuzzRunner(CommandLine command, Action<string> output)
{
    private const string Null = "null";

    /// <summary>Of so many volumes one is tight.</summary>
    private const int TightOneIn = 10;

    /// <summary>Of a long request the beginning is shown; what follows are the bytes of a write.</summary>
    private const int ShownBytes = 512;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private int _next;
    private long _sent;
    private long _served;
    private int _failures;

    public long Sent => Interlocked.Read(ref _sent);

    public long Served => Interlocked.Read(ref _served);

    public int Failures => Volatile.Read(ref _failures);

    /// <summary>Runs the requests of one target.</summary>
    public void Run(string target)
    {
        var episodes = (command.RequestsOfTarget + command.EpisodeRequests - 1) / command.EpisodeRequests;
        _next = 0;
        var workers = Enumerable.Range(0, Math.Min(Environment.ProcessorCount, episodes))
            .Select(index => new Thread(() => RunEpisodes(target, episodes)) { Name = $"fuzz-{index}" }).ToList();
        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());
    }

    private void RunEpisodes(string target, int episodes)
    {
        while (Failures == 0 && Interlocked.Increment(ref _next) - 1 is var index && index < episodes)
            RunEpisode(target, command.Seed + index, Math.Min(command.EpisodeRequests, command.RequestsOfTarget - index * command.EpisodeRequests));
    }

    private void RunEpisode(string target, int seed, int requests)
    {
        var served = target == Null ? new NullTarget() : (FuzzTarget)VolumeTarget.CreateAsync(isTight: seed % TightOneIn == 0).GetAwaiter().GetResult();
        var episode = new Episode(served, seed);
        using var watch = TimeProvider.System.CreateTimer(_ => Watch(episode, target, seed, requests), null, s_look, s_look);
        try
        {
            episode.RunAsync(requests).GetAwaiter().GetResult();
            served.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        catch (Exception failure)
        {
            // Whatever it is, it is what this program looks for; the target is left as it is, because closing it could hide the reason.
            Report(episode, target, seed, requests, failure is FuzzFailure ? failure.Message : failure.ToString());
        }
        Interlocked.Add(ref _sent, episode.Sent);
        Interlocked.Add(ref _served, episode.ServedBy.Sum());
    }

    /// <summary>A request that does not end cannot be ended from here either: it is reported, and with it the process ends.</summary>
    private void Watch(Episode episode, string target, int seed, int requests)
    {
        var begun = episode.Begun;
        if (begun == 0 || TimeProvider.System.GetElapsedTime(begun) < s_patience)
            return;
        Report(episode, target, seed, requests, $"it has not been answered for {s_patience.TotalSeconds} s");
        Environment.Exit(1);
    }

    private static string Describe(ReadOnlySpan<byte> request) =>
        $"{Convert.ToHexString(request[..Math.Min(request.Length, ShownBytes)])}{(request.Length > ShownBytes ? "..." : "")} ({request.Length} bytes)";

    private void Report(Episode episode, string target, int seed, int requests, string problem)
    {
        Interlocked.Increment(ref _failures);
        output(string.Create(CultureInfo.InvariantCulture, $"""
            FAILED: target {target}, seed {seed}, request {episode.Sent}: {problem}
            last request: {Describe(episode.LastRequest)}
            repeat: scripts/fuzz.sh --target {target} --seed {seed} --requests {requests}
            """));
    }
}
