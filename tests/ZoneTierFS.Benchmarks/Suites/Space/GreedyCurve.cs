namespace ZoneTierFS.Benchmarks.Suites.Space;

/// <summary>
/// What theory says of cleaning under uniform random overwrites. With a share u of the zones' blocks live, the emptiest zone has a share x of live blocks left
/// where u = (1 − x) / ln(1 / x), and each block of users costs 1 / (1 − x) written ones: the fixed point for large zones, where the emptiest zone and the
/// oldest are the same one (Menon, "A performance comparison of RAID-5 and log-structured arrays", 1995; in the form a / (a + W(−a·e^−a)), a = 1 / u, with
/// Lambert's W: Desnoyers, "Analytic modeling of SSD write performance", 2012).
/// </summary>
internal static class GreedyCurve
{
    private const int Steps = 100;

    /// <param name="utilisation">Live share of all zones that hold data, above 0 and below 1.</param>
    public static double Amplification(double utilisation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(utilisation, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(utilisation, 1);
        (double low, double high) = (0, 1);
        for (int i = 0; i < Steps; i++)
        {
            double x = (low + high) / 2;
            if ((1 - x) / -Math.Log(x) < utilisation)
                low = x;
            else
                high = x;
        }
        return 1 / (1 - low);
    }
}
