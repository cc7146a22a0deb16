using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ZoneTierFS.Benchmarks.Clients;

namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>Runs workloads as processes of their own and samples what they took.</summary>
internal static class Sampler
{
    /// <summary>A sample during which other programs took more than this share of the machine is dropped and measured again.</summary>
    private const double OthersShareMax = 0.15;

    /// <summary>How many times as many samples as asked for are tried before disturbed ones are taken after all.</summary>
    private const int AttemptsFactor = 3;

    /// <summary>This program once more; however it was started itself, its own executable lies beside it.</summary>
    private static readonly string ClientProgram = Path.Combine(AppContext.BaseDirectory, typeof(Sampler).Assembly.GetName().Name!);

    /// <summary>
    /// Samples the workload in each place. Rounds go through the places in rotated order, so that a change of the machine's mood meets them all alike; further
    /// rounds go only through those whose samples were disturbed.
    /// </summary>
    public static IReadOnlyList<PlaceSamples> Compare(Workload workload, IReadOnlyList<Place> places, int repeats)
    {
        List<Sample>[] samples = [.. places.Select(_ => new List<Sample>())];
        string?[] refusals = new string?[places.Count];
        for (int round = 0; round < repeats * AttemptsFactor; round++)
        {
            for (int i = 0; i < places.Count; i++)
            {
                int index = (round + i) % places.Count;
                if (refusals[index] is null && Undisturbed(samples[index]) < repeats)
                    refusals[index] = TryMeasure(workload, places[index], samples[index]);
            }
        }
        return [.. places.Select((_, index) => refusals[index] is { } refusal ? new PlaceSamples([], refusal) : new PlaceSamples(Best(samples[index])))];

        static int Undisturbed(List<Sample> taken) => taken.Count(sample => sample.OthersShare <= OthersShareMax);

        // Where there were too few quiet moments, the least disturbed samples complete the number.
        IReadOnlyList<Sample> Best(List<Sample> taken) => [.. taken.OrderBy(sample => Math.Max(sample.OthersShare, OthersShareMax)).Take(repeats)];
    }

    /// <returns>Why the place cannot do this work; null where it can.</returns>
    private static string? TryMeasure(Workload workload, Place place, List<Sample> samples)
    {
        try
        {
            samples.Add(Measure(workload, place));
            return null;
        }
        catch (ClientRefusedException refused) when (place.MayRefuse)
        {
            return refused.Complaint;
        }
    }

    public static Sample Measure(Workload workload, Place place)
    {
        string path = Path.Combine(place.Folder, workload.File);
        if (workload.MakesFile)
            File.Delete(path);
        Prepare(workload, place, path);
        (double daemonUser, double daemonSystem) = place.Daemon?.CpuSeconds() ?? default;
        double ownUser = Environment.CpuUsage.UserTime.TotalSeconds;
        double programs = Machine.ProgramSeconds();
        Stopwatch watch = Stopwatch.StartNew();

        ClientResult client = RunClient(workload.Mode, workload, path);

        double processorSeconds = watch.Elapsed.TotalSeconds * Environment.ProcessorCount;
        programs = Machine.ProgramSeconds() - programs;
        ownUser = Environment.CpuUsage.UserTime.TotalSeconds - ownUser;
        (double User, double System) daemon = place.Daemon?.CpuSeconds() ?? default;
        double others = programs - ownUser - client.LifetimeUserSeconds - (daemon.User - daemonUser);
        if (workload.MakesFile)
            File.Delete(path);
        return new(client, daemon.User - daemonUser + (daemon.System - daemonSystem), Math.Max(0, others) / processorSeconds);
    }

    private static void Prepare(Workload workload, Place place, string path)
    {
        if (workload.Preparation is { } preparation)
            RunClient(preparation, workload, path);
        switch (workload.Cache)
        {
            case CacheState.Warm:
                RunClient(workload.Mode, workload, path);
                break;
            case CacheState.Cold:
                PageCache.Evict(path);
                if (place.Backing is { } backing)
                    PageCache.Evict(Path.Combine(backing, workload.File));
                break;
            case CacheState.ColdNames:
                Machine.DropNames();
                break;
        }
    }

    private static ClientResult RunClient(ClientMode mode, Workload workload, string path)
    {
        ProcessStartInfo start = new(ClientProgram)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                ClientCommand.Name, "--mode", mode.ToString(), "--path", path,
                "--bytes", workload.Bytes.ToString(CultureInfo.InvariantCulture),
                "--operations", workload.Operations.ToString(CultureInfo.InvariantCulture),
                "--piece", workload.PieceBytes.ToString(CultureInfo.InvariantCulture),
                "--threads", workload.Threads.ToString(CultureInfo.InvariantCulture),
            },
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("the client did not start");
        Task<string> complaint = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<ClientResult>(output)!
            : throw new ClientRefusedException($"client {mode} on {path}", complaint.GetAwaiter().GetResult().Trim());
    }
}
