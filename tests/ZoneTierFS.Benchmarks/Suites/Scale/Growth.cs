using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>A figure at several sizes, and the power of the size that it grows with.</summary>
internal sealed class Growth(string unit)
{
    private readonly List<(double Size, double Value)> _points = [];

    /// <param name="size">Above 0.</param>
    /// <param name="value">Above 0.</param>
    public void Add(double size, double value) => _points.Add((size, value));

    public double First => _points[0].Value;

    public double Last => _points[^1].Value;

    /// <summary>
    /// Slope of the straight line through the points' logarithms, by least squares: 0 for a figure that stays, 1 for one that grows as the size does. Wants two
    /// sizes at least.
    /// </summary>
    public double Exponent
    {
        get
        {
            double x = _points.Average(point => Math.Log(point.Size)), y = _points.Average(point => Math.Log(point.Value));
            double above = _points.Sum(point => (Math.Log(point.Size) - x) * (Math.Log(point.Value) - y));
            double below = _points.Sum(point => Math.Pow(Math.Log(point.Size) - x, 2));
            return below > 0 ? above / below : throw new InvalidOperationException("Growth needs two sizes.");
        }
    }

    /// <summary>A row for each size, and one for the exponent.</summary>
    /// <param name="of">Words behind a size: "files".</param>
    public IEnumerable<BenchmarkRow> Rows(string name, string of) =>
    [
        .. _points.Select(point => BenchmarkRow.Alone(ScaleSuite.Name, $"{name}, {BenchmarkReport.Number(point.Size)} {of}", point.Value, unit)),
        BenchmarkRow.Alone(ScaleSuite.Name, $"{name}: exponent of growth", Exponent, $"per {of}"),
    ];
}
