using ZoneTierFS.Engine;

namespace ZoneTierFS.Benchmarks.Suites.Space;

/// <summary>Repeats a round of work until its write amplification has settled, and measures then.</summary>
internal static class SteadyState
{
    private const int RoundsMin = 4;
    private const int RoundsMax = 16;

    /// <summary>Rounds that are measured, after the warm-up.</summary>
    private const int Measured = 2;

    private const double SettledWithin = 0.01;

    /// <summary>The bytes of the measured rounds by cause.</summary>
    public static async Task<WrittenBytes> MeasureAsync(SpaceVolume volume, Func<Task> round)
    {
        double before = double.NaN;
        for (int i = 0; i < RoundsMax; i++)
        {
            double now = Amplification(await RunAsync(volume, round));
            if (i >= RoundsMin && Math.Abs(now / before - 1) < SettledWithin)
                break;
            before = now;
        }
        WrittenBytes sum = default;
        for (int i = 0; i < Measured; i++) sum += await RunAsync(volume, round);
        return sum;
    }

    public static double Amplification(WrittenBytes written) => written.Amplification ?? throw new InvalidOperationException("Nothing was written.");

    private static async Task<WrittenBytes> RunAsync(SpaceVolume volume, Func<Task> round)
    {
        WrittenBytes before = volume.Written;
        await round();
        await volume.SyncAsync();
        return volume.Written - before;
    }
}
