using ZoneTierFS.Benchmarks.Reporting;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>What a file and an extent take of the machine's memory while the volume is mounted.</summary>
internal sealed class MetadataMemoryRow : IScaleRow
{
    private const double BytesPerFileMax = 250;
    private const double BytesPerExtentMax = 32;

    public string Name => "memory per file and extent";

    public async Task<IReadOnlyList<BenchmarkRow>> MeasureAsync(ScaleSize size)
    {
        Growth files = new("bytes"), extents = new("bytes");
        int largest = size == ScaleSize.Full ? 1_000_000 : 20_000;
        double managed = 0;
        for (int count = largest / 100; count <= largest; count *= 10)
        {
            await using ScaleVolume volume = await ScaleVolume.CreateAsync(Population.BytesFor(count));
            PageStore pages = volume.Volume.State.Pages;
            long before = GC.GetTotalMemory(forceFullCollection: true);
            ulong[] inodes = await Population.CreateFilesAsync(volume, count);
            long empty = pages.ResidentBytes;
            await Population.WritePiecesAsync(volume, inodes);
            files.Add(count, (double)empty / count);
            extents.Add((double)count * Population.ExtentsPerFile, (double)(pages.ResidentBytes - empty) / count / Population.ExtentsPerFile);
            managed = (double)(GC.GetTotalMemory(forceFullCollection: true) - before - (long)inodes.Length * sizeof(ulong)) / count;
            GC.KeepAlive(inodes);
        }
        return
        [
            BenchmarkRow.Alone(ScaleSuite.Name, "metadata memory per file", files.Last, "bytes", BytesPerFileMax),
            .. files.Rows("metadata memory per file", "files"),
            BenchmarkRow.Alone(ScaleSuite.Name, "metadata memory per extent", extents.Last, "bytes", BytesPerExtentMax),
            .. extents.Rows("metadata memory per extent", "extents"),
            BenchmarkRow.Alone(ScaleSuite.Name, "managed memory per file with its extents", managed, "bytes"),
        ];
    }
}
