namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>What a workload took in one place.</summary>
/// <param name="Samples">None where the place refused.</param>
/// <param name="Refusal">Why the place could not do the work; null where it could.</param>
internal sealed record PlaceSamples(IReadOnlyList<Sample> Samples, string? Refusal = null)
{
    /// <summary>Highest share of other programs among the samples, 0 to 1.</summary>
    public double OthersShare => Samples.Count == 0 ? 0 : Samples.Max(sample => sample.OthersShare);

    public Spread Of(Func<Sample, double> figure) => Spread.Of(Samples.Select(figure));
}
