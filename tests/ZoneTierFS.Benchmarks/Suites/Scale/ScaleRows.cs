namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>Every row of the suite, in the order in which they are measured. A new row is a class and a line here.</summary>
internal static class ScaleRows
{
    public static IReadOnlyList<IScaleRow> All { get; } =
    [
        new DirectoryRow(),
        new ThreadsRow(),
        new LatencyRow(),
    ];
}
