using System.Diagnostics;
using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>32 threads on 32 files against one thread on the same files: no lock that all share may be held while a device works.</summary>
internal sealed class ThreadsRow : IScaleRow
{
    private const int Threads = 32;
    private const int RequestBytes = 128 << 10;
    private const int Repeats = 3;

    public string Name => "threads";

    public async Task<IReadOnlyList<BenchmarkRow>> MeasureAsync(ScaleSize size)
    {
        int fileBytes = size == ScaleSize.Full ? 128 << 20 : 8 << 20;
        (double write, double read) one = (0, 0), all = (0, 0);
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            one = Best(one, await MeasureAsync(fileBytes, threads: 1));
            all = Best(all, await MeasureAsync(fileBytes, Threads));
        }
        string of = $"by {Threads} threads, each its own file, against one thread, memory";
        return
        [
            BenchmarkRow.Compared(ScaleSuite.Name, $"writes {of}", all.write, one.write, "MB/s", ratioMin: 1),
            BenchmarkRow.Compared(ScaleSuite.Name, $"reads {of}", all.read, one.read, "MB/s", ratioMin: 1),
        ];
    }

    private static (double, double) Best((double Write, double Read) one, (double Write, double Read) other) =>
        (Math.Max(one.Write, other.Write), Math.Max(one.Read, other.Read));

    private static async Task<(double Write, double Read)> MeasureAsync(int fileBytes, int threads)
    {
        await using ScaleVolume volume = await ScaleVolume.CreateAsync((long)fileBytes * Threads * 2 + (8L << 30));
        ulong[] handles = new ulong[Threads];
        for (int i = 0; i < Threads; i++)
            handles[i] = await volume.OpenFileAsync(await volume.CreateAsync($"f{i}"));
        double write = MegabytesPerSecond(threads, fileBytes, file => Write(volume, handles[file], fileBytes));
        double read = MegabytesPerSecond(threads, fileBytes, file => Read(volume, handles[file], fileBytes));
        foreach (ulong handle in handles)
            await volume.Volume.ReleaseAsync(handle);
        return (write, read);
    }

    /// <summary>Has each file done by one of the threads; from the start of the first to the end of the last.</summary>
    private static double MegabytesPerSecond(int threads, long fileBytes, Action<int> work)
    {
        Thread[] running = [.. Enumerable.Range(0, threads).Select(first => new Thread(() =>
        {
            for (int file = first; file < Threads; file += threads) work(file);
        }))];
        long start = Stopwatch.GetTimestamp();
        foreach (Thread thread in running) thread.Start();
        foreach (Thread thread in running) thread.Join();
        return Threads * fileBytes / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void Write(ScaleVolume volume, ulong handle, int bytes)
    {
        byte[] data = new byte[RequestBytes];
        for (int offset = 0; offset < bytes; offset += RequestBytes)
            volume.WriteAsync(handle, offset, data).AsTask().GetAwaiter().GetResult();
        ScaleVolume.Must(volume.Volume.FsyncAsync(handle, dataOnly: false).AsTask().GetAwaiter().GetResult());
    }

    private static void Read(ScaleVolume volume, ulong handle, int bytes)
    {
        byte[] into = new byte[RequestBytes];
        for (int offset = 0; offset < bytes; offset += RequestBytes)
            ScaleVolume.Must(volume.Volume.ReadAsync(handle, offset, into).AsTask().GetAwaiter().GetResult());
    }
}
