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
    /// Samples the workload in each place. Rounds go through the places in rotated order, so that a change of the machine's mood meets them all alike.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<Sample>> Compare(Workload workload, IReadOnlyList<Place> places, int repeats)
    {
        List<List<Sample>> samples = [.. places.Select(_ => new List<Sample>())];
        for (int round = 0; round < repeats * AttemptsFactor && samples.Any(taken => Undisturbed(taken) < repeats); round++)
        {
            for (int i = 0; i < places.Count; i++)
            {
                int index = (round + i) % places.Count;
                samples[index].Add(Measure(workload, places[index]));
            }
        }
        return [.. samples.Select(taken => (IReadOnlyList<Sample>)[.. taken.OrderBy(sample => sample.OthersShare > OthersShareMax).Take(repeats)])];

        static int Undisturbed(List<Sample> taken) => taken.Count(sample => sample.OthersShare <= OthersShareMax);
    }

    public static Sample Measure(Workload workload, Place place)
    {
        string path = Path.Combine(place.Folder, workload.File);
        if (workload.Writes)
            File.Delete(path);
        if (workload.Cache == CacheState.Warm)
            RunClient(workload, path);
        else
            Machine.DropCaches();
        (double daemonUser, double daemonSystem) = place.Daemon?.CpuSeconds() ?? default;
        double ownUser = Environment.CpuUsage.UserTime.TotalSeconds;
        double programs = Machine.ProgramSeconds();
        Stopwatch watch = Stopwatch.StartNew();

        ClientResult client = RunClient(workload, path);

        double processorSeconds = watch.Elapsed.TotalSeconds * Environment.ProcessorCount;
        programs = Machine.ProgramSeconds() - programs;
        ownUser = Environment.CpuUsage.UserTime.TotalSeconds - ownUser;
        (double User, double System) daemon = place.Daemon?.CpuSeconds() ?? default;
        double others = programs - ownUser - client.LifetimeUserSeconds - (daemon.User - daemonUser);
        if (workload.Writes)
            File.Delete(path);
        double cpuSeconds = client.CpuSeconds + (daemon.User - daemonUser) + (daemon.System - daemonSystem);
        return new(client, cpuSeconds, Math.Max(0, others) / processorSeconds);
    }

    private static ClientResult RunClient(Workload workload, string path)
    {
        ProcessStartInfo start = new(ClientProgram)
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                ClientCommand.Name, "--mode", workload.Mode.ToString(), "--path", path,
                "--bytes", workload.Bytes.ToString(CultureInfo.InvariantCulture),
                "--operations", workload.Operations.ToString(CultureInfo.InvariantCulture),
            },
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("the client did not start");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<ClientResult>(output)!
            : throw new IOException($"client {workload.Mode} on {path} failed with exit code {process.ExitCode}");
    }
}
