using System.Text.RegularExpressions;
using ZoneTierFS.Benchmarks.Measuring;
using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Suites.Fuse;

/// <summary>The data path of a mount, row by row, against the plain file system and other FUSE file systems on the same medium.</summary>
/// <param name="places">The plain file system, the mount, and its peers.</param>
/// <param name="repeats">Samples of each row in each place.</param>
/// <param name="rows">Which rows to measure, by name.</param>
internal sealed class FuseSuite(Medium medium, FusePlaces places, int repeats, Regex rows)
{
    public const string Name = "fuse";

    /// <summary>What client and daemon together may take of the processors to read a byte, in multiples of what ext4 takes.</summary>
    private const double CpuRatioMax = 2.0;

    private const double DaemonCpuSecondsPerGibibyteMax = 0.35;
    private const double ResidentMegabytesMax = 200;
    private const string MemoryRow = "daemon memory after the run";

    /// <summary>Measures row by row, as they are asked for.</summary>
    public IEnumerable<BenchmarkRow> Run()
    {
        foreach (FuseRow row in FuseRows.All.Where(row => Chosen(row.Name)))
        {
            foreach (BenchmarkRow result in Measure(row))
                yield return result;
        }
        AllocationProbe probe = new(places.Mounted);
        foreach ((string name, Workload workload) in AllocationProbe.Rows.Where(row => Chosen(row.Name)))
            yield return probe.Measure(Titled(name), workload);
        if (Chosen(MemoryRow))
            yield return BenchmarkRow.Alone(Name, Titled(MemoryRow), places.Mounted.Daemon!.ResidentBytes() / 1e6, "MB", ResidentMegabytesMax);
    }

    private bool Chosen(string row)
    {
        if (!rows.IsMatch(row))
            return false;
        Console.WriteLine($"   {Titled(row)}");
        return true;
    }

    private string Titled(string row) => $"{medium.ToString().ToLowerInvariant()}: {row}";

    private IEnumerable<BenchmarkRow> Measure(FuseRow row)
    {
        IReadOnlyList<PlaceSamples> samples = Sampler.Compare(row.Workload, places.All, repeats);
        double others = samples.Max(taken => taken.OthersShare);
        (PlaceSamples plain, PlaceSamples mounted) = (samples[0], samples[1]);
        Spread value = mounted.Of(row.Figure), baseline = plain.Of(row.Figure);
        yield return With(BenchmarkRow.Compared(Name, Titled(row.Name), value.Median, baseline.Median, row.Unit, row.RatioMin(medium)), row.Figure) with
        {
            Range = value.RangeText,
            BaselineRange = baseline.RangeText,
            Cpu = places.All.Zip(samples).Where(pair => pair.Second.Refusal is null)
                .ToDictionary(pair => pair.First.Name, pair => Math.Round(pair.Second.Of(row.Cpu).Median, 4)),
            CpuUnit = row.CpuUnit,
        };
        if (!row.JudgesCpu)
            yield break;
        bool onRam = medium == Medium.Ram;
        yield return With(BenchmarkRow.ComparedCost(Name, Titled($"CPU of {row.Name}"), mounted.Of(row.Cpu).Median, plain.Of(row.Cpu).Median, row.CpuUnit,
            onRam ? CpuRatioMax : null), row.Cpu);
        yield return With(BenchmarkRow.Alone(Name, Titled($"daemon CPU of {row.Name}"), mounted.Of(sample => sample.DaemonCpuSecondsPerGibibyte).Median,
            row.CpuUnit, onRam ? DaemonCpuSecondsPerGibibyteMax : null) with { LessIsBetter = true }, sample => sample.DaemonCpuSecondsPerGibibyte);

        BenchmarkRow With(BenchmarkRow result, Func<Sample, double> figure) => result.Against(
            places.All.Zip(samples).Skip(FusePlaces.PeersStart)
                .Select(pair => (pair.First.Name, pair.Second.Refusal is null ? pair.Second.Of(figure).Median : (double?)null, pair.Second.Refusal)),
            FusePlaces.Rivals) with { OthersShare = others };
    }
}
