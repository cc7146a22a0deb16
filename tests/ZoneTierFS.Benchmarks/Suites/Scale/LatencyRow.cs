using System.Diagnostics;
using ZoneTierFS.Benchmarks.Reporting;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>
/// How long one read of 4 KiB takes at most, while others write and sync, create and unlink, and checkpoints are taken, on a volume of a million files; and how
/// long the process stood still for its garbage. Once with others that leave a processor free, and once with others that never rest: on a machine of few
/// processors the reader then waits for its turn on one, which no filesystem can help.
/// </summary>
internal sealed class LatencyRow : IScaleRow
{
    private const int FilesWithData = 1000;
    private const int WriteBytes = 64 << 10;
    private const double WorstMillisecondsMax = 5;
    private static readonly TimeSpan s_checkpoints = TimeSpan.FromSeconds(5);

    /// <summary>How often those who rest do something.</summary>
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(2);

    public string Name => "read latency";

    public async Task<IReadOnlyList<BenchmarkRow>> MeasureAsync(ScaleSize size)
    {
        int files = size == ScaleSize.Full ? 1_000_000 : 10_000;
        TimeSpan duration = size == ScaleSize.Full ? TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(3);
        await using ScaleVolume volume = await ScaleVolume.CreateAsync(Population.BytesFor(FilesWithData), new VolumeOptions { JournalBytesMax = 32L << 20 });
        ulong[] inodes = await Population.CreateFilesAsync(volume, files);
        ulong[] filled = inodes[..FilesWithData];
        await Population.WritePiecesAsync(volume, filled);
        return [.. await MeasureAsync(volume, filled, files, duration, rests: true), .. await MeasureAsync(volume, filled, files, duration, rests: false)];
    }

    private static async Task<IReadOnlyList<BenchmarkRow>> MeasureAsync(ScaleVolume volume, ulong[] filled, int files, TimeSpan duration, bool rests)
    {
        GC.Collect();
        (TimeSpan pause, int gen2) = (GC.GetTotalPauseDuration(), GC.CollectionCount(2));
        List<double> milliseconds = await LoadAsync(volume, filled, duration, rests);
        (pause, gen2) = (GC.GetTotalPauseDuration() - pause, GC.CollectionCount(2) - gen2);
        milliseconds.Sort();
        string of = $"read of 4 KiB among {BenchmarkReport.Number(files)} files, others {(rests ? "paced" : "never resting")}";
        return
        [
            BenchmarkRow.Alone(ScaleSuite.Name, $"{of}, p50", At(0.5), "ms"),
            BenchmarkRow.Alone(ScaleSuite.Name, $"{of}, p99", At(0.99), "ms"),
            BenchmarkRow.Alone(ScaleSuite.Name, $"{of}, p99.9", At(0.999), "ms"),
            BenchmarkRow.Alone(ScaleSuite.Name, $"{of}, worst of {milliseconds.Count}", milliseconds[^1], "ms", WorstMillisecondsMax),
            BenchmarkRow.Alone(ScaleSuite.Name, $"{of}, pauses for garbage, {gen2} full ones", pause.TotalMilliseconds, "ms"),
        ];

        double At(double share) => milliseconds[(int)(share * (milliseconds.Count - 1))];
    }

    /// <summary>Runs the load for a time, and returns how long each read took.</summary>
    private static async Task<List<double>> LoadAsync(ScaleVolume volume, ulong[] filled, TimeSpan duration, bool rests)
    {
        using CancellationTokenSource end = new();
        Task[] others =
        [
            Task.Run(() => WriteAsync(volume, rests, end.Token), CancellationToken.None),
            Task.Run(() => CreateAsync(volume, rests, end.Token), CancellationToken.None),
            Task.Run(() => CheckpointAsync(volume, end.Token), CancellationToken.None),
        ];
        List<double> milliseconds = await Task.Run(() => ReadAsync(volume, filled, duration), CancellationToken.None);
        await end.CancelAsync();
        await Task.WhenAll(others);
        return milliseconds;
    }

    private static async Task<List<double>> ReadAsync(ScaleVolume volume, ulong[] filled, TimeSpan duration)
    {
        const int readsMax = 20_000_000;
        List<double> milliseconds = new(readsMax);
        Random random = new(1);
        byte[] into = new byte[ScaleVolume.BlockSize];
        ulong[] handles = new ulong[filled.Length];
        for (int i = 0; i < handles.Length; i++) handles[i] = await volume.OpenFileAsync(filled[i]);
        for (long begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < duration && milliseconds.Count < readsMax;)
        {
            ulong handle = handles[random.Next(handles.Length)];
            long offset = random.Next(Population.ExtentsPerFile) * 2 * ScaleVolume.BlockSize;
            long start = Stopwatch.GetTimestamp();
            ScaleVolume.Must(await volume.Volume.ReadAsync(handle, offset, into));
            milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        foreach (ulong handle in handles) await volume.Volume.ReleaseAsync(handle);
        return milliseconds;
    }

    private static async Task WriteAsync(ScaleVolume volume, bool rests, CancellationToken end)
    {
        Random random = new(2);
        byte[] data = new byte[WriteBytes];
        ulong inode = await volume.CreateAsync($"written, resting {rests}");
        ulong handle = await volume.OpenFileAsync(inode);
        using PeriodicTimer timer = new(s_pace);
        while (!end.IsCancellationRequested)
        {
            await volume.WriteAsync(handle, random.Next(4096) * (long)WriteBytes, data);
            ScaleVolume.Must(await volume.Volume.FsyncAsync(handle, dataOnly: false));
            if (rests) await timer.WaitForNextTickAsync(CancellationToken.None);
        }
        await volume.Volume.ReleaseAsync(handle);
    }

    private static async Task CreateAsync(ScaleVolume volume, bool rests, CancellationToken end)
    {
        ulong folder = await volume.MakeDirectoryAsync($"made, resting {rests}");
        using PeriodicTimer timer = new(s_pace);
        for (int i = 0; !end.IsCancellationRequested; i++)
        {
            string name = $"made-{i}";
            await volume.CreateAsync(name, folder);
            ScaleVolume.Must(await volume.Volume.UnlinkAsync(folder, System.Text.Encoding.UTF8.GetBytes(name)));
            if (i % 100 == 0) await volume.SyncAsync();
            if (rests) await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private static async Task CheckpointAsync(ScaleVolume volume, CancellationToken end)
    {
        using PeriodicTimer timer = new(s_checkpoints);
        try
        {
            while (await timer.WaitForNextTickAsync(end)) ScaleVolume.Must(await volume.Volume.State.Checkpointer.RunAsync());
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
    }
}
