using Xunit;
using ZoneTierFS.Benchmarks.Suites.Space;

namespace ZoneTierFS.Tests.Benchmarks;

public sealed class GreedyCurveTests
{
    [Theory]
    [InlineData(0.5, 1.255)]
    [InlineData(0.8, 2.693)]
    [InlineData(0.9, 5.179)]
    public void The_curve_passes_through_known_points(double utilisation, double expected) =>
        Assert.Equal(expected, GreedyCurve.Amplification(utilisation), 2e-3);
}
