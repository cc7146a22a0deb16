using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>The middle of some values and how far they reach.</summary>
internal readonly record struct Spread(double Median, double Low, double High)
{
    public string RangeText => $"{BenchmarkReport.Number(Low)}–{BenchmarkReport.Number(High)}";

    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new(median, sorted[0], sorted[^1]);
    }
}
