using System.Diagnostics;
using ZoneTierFS.Benchmarks.Reporting;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>A file that is written in order, and then every page of it once more, in random order: memory of its map, and the time to look a page up.</summary>
internal sealed class RandomOverwriteRow : IScaleRow
{
    private const double BytesPerPageMax = 8;
    private const double LookupMicrosecondsMax = 1;
    private const int Lookups = 1_000_000;
    private const int PieceBytes = 1 << 20;

    // A step that is prime to the number of pages visits each once, far from the one before.
    private const ulong Step = 0x9E3779B1;

    public string Name => "random overwrites of a large file";

    public async Task<IReadOnlyList<BenchmarkRow>> MeasureAsync(ScaleSize size)
    {
        Growth memory = new("bytes"), lookup = new("µs");
        long largest = size == ScaleSize.Full ? 64L << 30 : 2L << 30;
        for (long part = size == ScaleSize.Full ? 100 : 10; part >= 1; part /= 10)
            await MeasureAsync(largest / part / PieceBytes * PieceBytes, memory, lookup);
        return
        [
            BenchmarkRow.Alone(ScaleSuite.Name, $"map memory per page of a {largest >> 30} GiB file", memory.Last, "bytes", BytesPerPageMax),
            BenchmarkRow.Alone(ScaleSuite.Name, $"lookup in a {largest >> 30} GiB file", lookup.Last, "µs", LookupMicrosecondsMax),
            .. memory.Rows("map memory per page", "pages"),
            .. lookup.Rows("lookup", "pages"),
        ];
    }

    private static async Task MeasureAsync(long bytes, Growth memory, Growth lookup)
    {
        await using ScaleVolume volume = await ScaleVolume.CreateAsync(bytes * 3 + (8L << 30), new VolumeOptions { JournalBytesMax = 256L << 20 });
        ulong inode = await volume.CreateAsync("file");
        ulong handle = await volume.OpenFileAsync(inode);
        byte[] piece = new byte[PieceBytes];
        for (long offset = 0; offset < bytes; offset += PieceBytes) await volume.WriteAsync(handle, offset, piece);
        await volume.SyncAsync();
        long before = volume.Volume.State.Pages.ResidentBytes;
        ulong pages = (ulong)bytes / ScaleVolume.BlockSize;
        for (ulong i = 0; i < pages; i++)
            await volume.WriteAsync(handle, (long)(i * Step % pages) * ScaleVolume.BlockSize, piece.AsMemory(0, ScaleVolume.BlockSize));
        await volume.SyncAsync();
        memory.Add(pages, (double)(volume.Volume.State.Pages.ResidentBytes - before) / pages);
        lookup.Add(pages, LookupMicroseconds(volume.Volume.State, inode, pages));
        await volume.Volume.ReleaseAsync(handle);
    }

    private static double LookupMicroseconds(VolumeState state, ulong inode, ulong pages)
    {
        Random random = new(2);
        lock (state.Gate)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Lookups; i++)
            {
                if (!state.Extents.TryFind(ItemKind.Extent, inode, (ulong)random.NextInt64((long)pages), out _))
                    throw new InvalidOperationException("A page that was written is not mapped.");
            }
            return Stopwatch.GetElapsedTime(start).TotalMicroseconds / Lookups;
        }
    }
}
