using System.Globalization;
using System.Text.RegularExpressions;
using ZoneTierFS.Benchmarks.Reporting;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Benchmarks.Suites.Space;

/// <summary>
/// Write amplification of the engine: all bytes that its device takes, by those of users, once it has settled. How full a volume is, is the live share of
/// what statfs calls its total.
/// </summary>
/// <param name="wanted">Names of the rows that are measured.</param>
internal sealed class SpaceSuite(Regex wanted)
{
    public const string Name = "space";

    private const int Zones = 512;
    private const long ZoneBytes = 2 << 20;
    private const long LargeZoneBytes = 4 << 20;
    private const double Skewed = 0.2;
    private const double Uniform = 0.5;
    private const string Unit = "written/user";

    public async Task<IReadOnlyList<BenchmarkRow>> RunAsync()
    {
        List<BenchmarkRow> rows = [];
        await AddWholeAsync(rows, "KV files in FIFO order, 85 % full", ZoneBytes, 0.85, work => work.RoundOfCachesAsync(), 1.05);
        await AddSkewedAsync(rows, "64 KiB overwrites, 80/20 by files, 80 % full", scattered: false);
        await AddSkewedAsync(rows, "64 KiB overwrites, 80/20 scattered, 80 % full", scattered: true);
        foreach (double fill in (double[])[0.70, 0.80, 0.85, 0.90]) await AddUniformAsync(rows, fill);
        await AddWholeAsync(rows, "sealed models replaced and deleted, 80 % full", LargeZoneBytes, 0.80, work => work.RoundOfModelsAsync(), 1.01);
        return rows;
    }

    private async Task AddWholeAsync(
        List<BenchmarkRow> rows, string name, long zoneBytes, double fill, Func<WholeFileWork, Task> round, double target)
    {
        if (!wanted.IsMatch(name)) return;
        await using SpaceVolume volume = await SpaceVolume.CreateAsync(Zones, zoneBytes);
        WholeFileWork work = new(volume, volume.Share(fill));
        AddCauses(rows, name, await SteadyState.MeasureAsync(volume, () => round(work)), target);
    }

    private async Task AddSkewedAsync(List<BenchmarkRow> rows, string name, bool scattered)
    {
        if (!wanted.IsMatch(name)) return;
        await using SpaceVolume volume = await SpaceVolume.CreateAsync(Zones, ZoneBytes);
        OverwriteWork work = new(volume, volume.Share(0.80), Skewed, scattered);
        await work.FillAsync();
        AddCauses(rows, name, await SteadyState.MeasureAsync(volume, work.RoundAsync), 1.8);
    }

    private async Task AddUniformAsync(List<BenchmarkRow> rows, double fill)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"64 KiB overwrites, uniform, {fill * 100:0} % full");
        if (!wanted.IsMatch(name)) return;
        await using SpaceVolume volume = await SpaceVolume.CreateAsync(Zones, ZoneBytes);
        OverwriteWork work = new(volume, volume.Share(fill), Uniform, scattered: true);
        await work.FillAsync();
        WrittenBytes written = await SteadyState.MeasureAsync(volume, work.RoundAsync);
        double utilisation = volume.Utilisation;
        rows.Add(BenchmarkRow.ComparedCost(
            Name, name, SteadyState.Amplification(written), GreedyCurve.Amplification(utilisation), Unit, ratioMax: null));
        rows.Add(BenchmarkRow.Alone(Name, $"{name}: live share of the zones in use", utilisation, "share"));
    }

    /// <summary>The figure, and a row for each cause, so that a miss can be explained.</summary>
    private static void AddCauses(List<BenchmarkRow> rows, string name, WrittenBytes written, double target)
    {
        rows.Add(BenchmarkRow.Alone(Name, name, SteadyState.Amplification(written), Unit, target));
        foreach ((string cause, long bytes) in (ReadOnlySpan<(string, long)>)[("cleaning", written.Cleaning), ("moving", written.Moving),
            ("metadata", written.Metadata), ("padding", written.Padding)])
        {
            rows.Add(BenchmarkRow.Alone(Name, $"{name}: {cause}", (double)bytes / written.User, Unit));
        }
    }
}
