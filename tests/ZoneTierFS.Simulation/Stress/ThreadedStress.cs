using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation.Stress;

/// <summary>
/// Real threads on one small volume, where journal, memory and space are short and the mover is always at work: what a world of one thread cannot show. It ends
/// with every own file compared, before and after a remount, no damage, and every block accounted for. A deadlock ends it too, and it says who waits in what.
/// </summary>
internal sealed class ThreadedStress(StressOptions options) : IDisposable
{
    private static readonly VolumeEnvironment s_environment = new(TimeProvider.System, NullLogger.Instance);
    private readonly TierDevice[] _devices = [Device("tlc", 32, MediaKind.Tlc, options), Device("qlc", 24, MediaKind.Qlc, options)];
    private readonly CountdownEvent _running = new(options.Threads);
    private readonly List<Exception> _failures = [];

    /// <summary>Operations that ended.</summary>
    public long Operations { get; private set; }

    /// <summary>The whole command: 0 when all is well.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output)
    {
        if (StressOptions.TryParse(arguments) is not StressOptions options)
        {
            await output.WriteLineAsync(StressOptions.Usage);
            return 2;
        }
        LockOrder.IsWatched = true;
        using var stress = new ThreadedStress(options);
        try
        {
            await stress.RunAsync();
        }
        catch (StressException failure)
        {
            await output.WriteLineAsync(failure.Message);
            return 1;
        }
        await output.WriteLineAsync($"{options.Threads} threads, {stress.Operations} operations, no failure");
        return 0;
    }

    /// <summary>Throws <see cref="StressException"/>.</summary>
    public async Task RunAsync()
    {
        var format = new FormatOptions { Uuid = new Guid(options.Seed, 0, 0, new byte[8]) };
        await Volume.FormatAsync(_devices, format, s_environment, null, CancellationToken.None);
        Volume volume = await OpenAsync();
        SpaceUsage empty = volume.GetSpace();
        StressWorker[] workers = Start(volume);
        await AwaitAsync(workers);
        await VerifyAsync(volume, workers);
        await volume.DisposeAsync();

        volume = await OpenAsync();
        await VerifyAsync(volume, workers);
        await DeleteAllAsync(volume, Volume.RootInode);
        SpaceUsage after = volume.GetSpace();
        if (after != empty)
        {
            throw new StressException($"emptied, the volume has {after}, and had {empty} when it was new");
        }
        await volume.DisposeAsync();
    }

    public void Dispose() => _running.Dispose();

    private static TierDevice Device(string tier, int zones, MediaKind media, StressOptions options)
    {
        var geometry = new ZonedGeometry { ZoneCount = zones, ZoneSize = 1 << 20, ZoneCapacity = 1 << 20, Media = media, AppendBytesMax = 256 << 10 };
        return new TierDevice(tier, new StressDevice(new MemoryZonedDevice(geometry), options.StallAfter));
    }

    private Task<Volume> OpenAsync() => Volume.OpenAsync(_devices, new VolumeOptions
    {
        DirtyBytesMax = options.DirtyBytesMax,
        JournalBytesMax = 1 << 20,
        CommitInterval = TimeSpan.FromMilliseconds(100),
        MoveInterval = TimeSpan.FromMilliseconds(10),
        MoveQuietTime = TimeSpan.Zero,
    }, s_environment, CancellationToken.None);

    private StressWorker[] Start(Volume volume)
    {
        var first = new StressCalls(volume);
        ulong shared = first.MakeDirectory("shared");
        StressWorker[] workers = [.. Enumerable.Range(0, options.Threads)
            .Select(number => new StressWorker(new StressCalls(volume), options, number, first.MakeDirectory($"own{number}"), shared))];
        foreach (StressWorker worker in workers)
        {
            new Thread(() => Run(worker)) { IsBackground = true }.Start();
        }
        return workers;
    }

    private void Run(StressWorker worker)
    {
        try
        {
            worker.Run();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            lock (_failures)
            {
                _failures.Add(failure);
            }
        }
        finally
        {
            _running.Signal();
        }
    }

    /// <summary>Looks at the threads until all have ended, one has failed, or none gets on.</summary>
    private async Task AwaitAsync(StressWorker[] workers)
    {
        long since = TimeProvider.System.GetTimestamp();
        for (long seen = -1; !_running.IsSet;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            Operations = workers.Sum(worker => worker.Calls.Made);
            lock (_failures)
            {
                if (_failures.Count > 0)
                {
                    throw new StressException(string.Join(Environment.NewLine, _failures));
                }
            }
            if (Operations != seen)
            {
                (seen, since) = (Operations, TimeProvider.System.GetTimestamp());
            }
            else if (TimeProvider.System.GetElapsedTime(since) > options.Patience)
            {
                IEnumerable<string> waits = workers.Select((worker, number) => $"thread {number} in {worker.Calls.Current}");
                throw new StressException($"Nobody gets on: {string.Join("; ", waits)}");
            }
        }
    }

    /// <summary>Own files, checksums, and that what is counted as used is what files have.</summary>
    private static async Task VerifyAsync(Volume volume, StressWorker[] workers)
    {
        if (await volume.SyncAsync() is not Errno.Ok and Errno error)
        {
            throw new StressException($"the last sync: {error}");
        }
        var calls = new StressCalls(volume);
        foreach (StressWorker worker in workers)
        {
            worker.Verify(calls);
        }
        CheckReport report = await volume.CheckAsync(null, CancellationToken.None);
        if (report.Damage.Count > 0)
        {
            throw new StressException("Damage: " + string.Join("; ", report.Damage));
        }
        SpaceUsage space = volume.GetSpace();
        long used = (long)space.TotalBlocks - (long)space.FreeBlocks;
        long held = BlocksBelow(volume, Volume.RootInode, []);
        if (used != held)
        {
            throw new StressException($"{used} blocks are counted as used, and files have {held}");
        }
    }

    private static long BlocksBelow(Volume volume, ulong directory, HashSet<ulong> seen)
    {
        long blocks = 0;
        foreach (StressEntry entry in StressListing.Of(volume, directory).Where(entry => seen.Add(entry.Inode)))
        {
            blocks += entry.IsDirectory ? BlocksBelow(volume, entry.Inode, seen) : (long)volume.GetStatus(entry.Inode).Value.Blocks / 8;
        }
        return blocks;
    }

    private static async Task DeleteAllAsync(Volume volume, ulong directory)
    {
        foreach (StressEntry entry in StressListing.Of(volume, directory))
        {
            if (entry.IsDirectory)
            {
                await DeleteAllAsync(volume, entry.Inode);
            }
            Errno error = entry.IsDirectory ? await volume.RemoveDirectoryAsync(directory, entry.Name) : await volume.UnlinkAsync(directory, entry.Name);
            if (error != Errno.Ok)
            {
                throw new StressException($"cannot be removed: {error}");
            }
        }
    }
}
