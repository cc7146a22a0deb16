using System.Text.RegularExpressions;
using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>How memory and times of the engine grow with files, extents and threads: in this process, on memory devices, with no kernel between.</summary>
/// <param name="rows">Which rows to measure, by name.</param>
internal sealed class ScaleSuite(ScaleSize size, Regex rows)
{
    public const string Name = "scale";

    // What media come to hold beside zeros.
    private const long FullBytes = 4L << 30;
    private const long SmallBytes = 256L << 20;

    /// <summary>Measures row by row, as they are asked for.</summary>
    public async IAsyncEnumerable<BenchmarkRow> RunAsync()
    {
        MemoryChunks.Prepare(size == ScaleSize.Full ? FullBytes : SmallBytes);
        foreach (IScaleRow row in ScaleRows.All.Where(row => rows.IsMatch(row.Name)))
        {
            Console.WriteLine($"   {row.Name}");
            foreach (BenchmarkRow result in await row.MeasureAsync(size))
                yield return result;
            GC.Collect(); // what a row leaves behind is not to slow the next one down
        }
    }
}
