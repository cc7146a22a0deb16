using System.Diagnostics;
using ZoneTierFS.Benchmarks.Reporting;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>Memory, mount times and checkpoints by the number of files, of ten extents each: one volume per size serves all three.</summary>
internal sealed class FilesRow : IScaleRow
{
    private const double BytesPerFileMax = 250;
    private const double BytesPerExtentMax = 32;
    private const double CleanMountSecondsMax = 2;
    private const double CrashMountSecondsMax = 5;
    private const double CheckpointRatioMax = 1.5;
    private const int Changes = 1000;

    // No checkpoint but those that are measured.
    private static readonly VolumeOptions s_options = new() { JournalBytesMax = 1L << 30, CommitInterval = TimeSpan.FromMinutes(10) };

    private readonly Growth _perFile = new("bytes"), _perExtent = new("bytes"), _clean = new("s"), _crashed = new("s");
    private readonly Growth _near = new("ms"), _random = new("ms"), _nearBytes = new("KiB"), _randomBytes = new("KiB");

    public string Name => "memory, mount and checkpoint by files";

    public async Task<IReadOnlyList<BenchmarkRow>> MeasureAsync(ScaleSize size)
    {
        int largest = size == ScaleSize.Full ? 1_000_000 : 20_000;
        for (int count = size == ScaleSize.Full ? 1000 : 200; count <= largest; count *= 10) await MeasureAsync(count, size);
        string journal = $"mount after a crash with {JournalBytes(size) >> 20} MiB of journal";
        return
        [
            BenchmarkRow.Alone(ScaleSuite.Name, "metadata memory per file", _perFile.Last, "bytes", BytesPerFileMax),
            BenchmarkRow.Alone(ScaleSuite.Name, "metadata memory per extent", _perExtent.Last, "bytes", BytesPerExtentMax),
            BenchmarkRow.Alone(ScaleSuite.Name, "mount after a clean shutdown", _clean.Last, "s", CleanMountSecondsMax),
            BenchmarkRow.Alone(ScaleSuite.Name, journal, _crashed.Last, "s", CrashMountSecondsMax),
            Compared("checkpoint after 1,000 changes side by side, most to fewest files", _near),
            Compared("checkpoint after 1,000 changes at random, most to fewest files", _random),
            .. _perFile.Rows("metadata memory per file", "files"),
            .. _perExtent.Rows("metadata memory per extent", "files"),
            .. _clean.Rows("mount after a clean shutdown", "files"),
            .. _crashed.Rows(journal, "files"),
            .. _near.Rows("checkpoint, side by side", "files"),
            .. _nearBytes.Rows("checkpoint written, side by side", "files"),
            .. _random.Rows("checkpoint, at random", "files"),
            .. _randomBytes.Rows("checkpoint written, at random", "files"),
        ];
    }

    private static BenchmarkRow Compared(string name, Growth growth) =>
        BenchmarkRow.ComparedCost(ScaleSuite.Name, name, growth.Last, growth.First, "ms", CheckpointRatioMax);

    /// <summary>As the target says; a volume of few files is not rewritten for it again and again.</summary>
    private static long JournalBytes(ScaleSize size) => size == ScaleSize.Full ? 256L << 20 : 8L << 20;

    private async Task MeasureAsync(int count, ScaleSize size)
    {
        await using ScaleVolume volume = await ScaleVolume.CreateAsync(Population.BytesFor(count), s_options);
        ulong[] inodes = await Population.CreateFilesAsync(volume, count);
        double empty = volume.Volume.State.Pages.ResidentBytes;
        await Population.WritePiecesAsync(volume, inodes);
        _perFile.Add(count, empty / count);
        _perExtent.Add(count, (volume.Volume.State.Pages.ResidentBytes - empty) / count / Population.ExtentsPerFile);

        int start = Math.Max(0, count / 2 - Changes);
        await MeasureCheckpointAsync(volume, [.. Enumerable.Range(0, Changes).Select(i => inodes[(start + i) % count])], _near, _nearBytes, count);
        Random random = new(1);
        await MeasureCheckpointAsync(volume, [.. Enumerable.Range(0, Changes).Select(_ => inodes[random.Next(count)])], _random, _randomBytes, count);

        await volume.CloseAsync();
        _clean.Add(count, await SecondsAsync(volume.OpenAsync));
        while (volume.Volume.GetVolumeStatus().JournalBytes < JournalBytes(size))
            await Population.WritePiecesAsync(volume, Enumerable.Range(0, Changes).Select(_ => inodes[random.Next(count)]));
        await volume.CrashAsync();
        _crashed.Add(count, await SecondsAsync(volume.OpenAsync));
    }

    /// <summary>The middle of five checkpoints, each after the same changes.</summary>
    private static async Task MeasureCheckpointAsync(ScaleVolume volume, ulong[] inodes, Growth time, Growth written, int count)
    {
        List<double> milliseconds = [], kibibytes = [];
        await volume.CheckpointAsync();
        for (int round = 0; round < 5; round++)
        {
            foreach (ulong inode in inodes) await volume.TouchAsync(inode);
            await volume.SyncAsync();
            long before = volume.Volume.GetVolumeStatus().Written.Metadata;
            milliseconds.Add(await SecondsAsync(volume.CheckpointAsync) * 1000);
            kibibytes.Add((volume.Volume.GetVolumeStatus().Written.Metadata - before) / 1024.0);
        }
        time.Add(count, milliseconds.Order().ElementAt(2));
        written.Add(count, kibibytes.Order().ElementAt(2));
    }

    private static async Task<double> SecondsAsync(Func<Task> work)
    {
        long start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
