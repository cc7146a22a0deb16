using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>One measurement of how the engine grows. It makes its own volumes and leaves nothing behind; it may give several figures.</summary>
internal interface IScaleRow
{
    /// <summary>What is measured; `--rows` chooses by it.</summary>
    string Name { get; }

    /// <param name="size">Small is for trying a row; targets are for <see cref="ScaleSize.Full"/>.</param>
    Task<IReadOnlyList<BenchmarkRow>> MeasureAsync(ScaleSize size);
}
