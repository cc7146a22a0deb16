using System.Diagnostics;
using System.Text;
using ZoneTierFS.Benchmarks.Reporting;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>One directory of a million entries against one of a thousand: what one more name, a lookup and an unlink cost, and a listing of all.</summary>
internal sealed class DirectoryRow : IScaleRow
{
    private const int Few = 1000;
    private const int Repeats = 7;
    private const double RatioMax = 2;

    /// <summary>500,000 entries a second.</summary>
    private const double ListingMicrosecondsMax = 2;

    public string Name => "large directory";

    public async Task<IReadOnlyList<BenchmarkRow>> MeasureAsync(ScaleSize size)
    {
        int many = size == ScaleSize.Full ? 1_000_000 : 20_000;
        Costs few = await MeasureAsync(Few), large = await MeasureAsync(many);
        string of = $"in a directory of {BenchmarkReport.Number(many)}";
        return
        [
            BenchmarkRow.ComparedCost(ScaleSuite.Name, $"create {of}, against {Few}", large.Create, few.Create, "µs", RatioMax),
            BenchmarkRow.ComparedCost(ScaleSuite.Name, $"lookup {of}, against {Few}", large.Lookup, few.Lookup, "µs", RatioMax),
            BenchmarkRow.ComparedCost(ScaleSuite.Name, $"unlink {of}, against {Few}", large.Unlink, few.Unlink, "µs", RatioMax),
            BenchmarkRow.Alone(ScaleSuite.Name, $"listing {of}, per entry", large.Listing, "µs", ListingMicrosecondsMax),
        ];
    }

    private static async Task<Costs> MeasureAsync(int entries)
    {
        await using ScaleVolume volume = await ScaleVolume.CreateAsync(32L << 30);
        ulong directory = await volume.MakeDirectoryAsync("d");
        for (int i = 0; i < entries; i++)
            await volume.CreateAsync($"file-{i:d7}", directory);
        await volume.SyncAsync();
        List<Costs> costs = [];
        for (int repeat = 0; repeat < Repeats; repeat++) costs.Add(await MeasureAsync(volume, directory, entries));
        return new Costs(Least(cost => cost.Create), Least(cost => cost.Lookup), Least(cost => cost.Unlink), Least(cost => cost.Listing));

        double Least(Func<Costs, double> of) => costs.Min(of);
    }

    /// <summary>Microseconds each.</summary>
    private static async Task<Costs> MeasureAsync(ScaleVolume volume, ulong directory, int entries)
    {
        byte[][] names = [.. Enumerable.Range(0, Few).Select(i => Encoding.UTF8.GetBytes($"more-{i:d7}"))];
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Few; i++)
            await volume.CreateAsync($"more-{i:d7}", directory);
        double create = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Few;

        double lookup = LookupMicroseconds(volume.Volume, directory, entries);

        start = Stopwatch.GetTimestamp();
        foreach (byte[] name in names)
            ScaleVolume.Must(await volume.Volume.UnlinkAsync(directory, name));
        double unlink = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Few;
        await volume.SyncAsync();

        return new Costs(create, lookup, unlink, ListingMicroseconds(volume.Volume, directory, entries));
    }

    private static double LookupMicroseconds(Volume volume, ulong directory, int entries)
    {
        const int lookups = 100_000;
        Random random = new(1);
        byte[][] names = [.. Enumerable.Range(0, lookups).Select(_ => Encoding.UTF8.GetBytes($"file-{random.Next(entries):d7}"))];
        long start = Stopwatch.GetTimestamp();
        foreach (byte[] name in names)
            ScaleVolume.Must(volume.Lookup(directory, name));
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / lookups;
    }

    /// <summary>In calls of as many entries as one request of a mount takes.</summary>
    private static double ListingMicroseconds(Volume volume, ulong directory, int entries)
    {
        Page page = new();
        int listed = 0;
        long start = Stopwatch.GetTimestamp();
        do
        {
            page.Count = 0;
            ScaleVolume.Must(volume.ReadDirectory(directory, page.Cookie, page));
            listed += page.Count;
        }
        while (page.Count > 0);
        double microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        const int dots = 2;
        if (listed != entries + dots) throw new InvalidOperationException($"{listed} entries were listed of {entries + dots}.");
        return microseconds / listed;
    }

    private sealed class Page : IDirectorySink
    {
        private const int EntriesMax = 1000;

        public int Count { get; set; }

        public ulong Cookie { get; private set; }

        public bool TryAdd(ReadOnlySpan<byte> name, ulong nextCookie, in FileStatus status)
        {
            if (Count == EntriesMax) return false;
            Count++;
            Cookie = nextCookie;
            return true;
        }
    }

    private sealed record Costs(double Create, double Lookup, double Unlink, double Listing);
}
