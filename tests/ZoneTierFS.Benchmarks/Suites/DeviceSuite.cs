using System.Diagnostics;
using System.Security.Cryptography;
using ZoneTierFS.Benchmarks.Devices;
using ZoneTierFS.Benchmarks.Measuring;
using ZoneTierFS.Benchmarks.Reporting;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Benchmarks.Suites;

/// <summary>Virtual zones in an image file against a plain file with O_DIRECT: what the zones themselves cost.</summary>
/// <param name="medium">What the folder lies on; part of the rows' names.</param>
internal sealed class DeviceSuite(string medium, string folder, int repeats)
{
    public const string Name = "device";

    private const int PieceBytes = 1 << 20;
    private const int PageBytes = 4096;
    private const long AllBytes = 512L << 20;
    private const int RandomReads = 10_000;

    public async Task<IReadOnlyList<BenchmarkRow>> RunAsync()
    {
        string region = Path.Combine(folder, "region.image"), plain = Path.Combine(folder, "plain.bin");
        // Rates of appending, reading and reading at random: one list for each, of zones and of the peer.
        List<double[]> zoned = [], peer = [];
        for (int round = 0; round < repeats; round++)
        {
            // The order rotates, so that a change of the machine's mood meets both alike.
            for (int turn = 0; turn < 2; turn++)
            {
                if ((round + turn) % 2 == 0)
                    zoned.Add(await MeasureAsync(await RegionStore.CreateAsync(region, AllBytes)));
                else
                    peer.Add(await MeasureAsync(new PlainStore(plain)));
            }
            File.Delete(region);
            File.Delete(plain);
        }
        return [Row("append 1 MiB + flush", "MB/s", 0), Row("read 1 MiB", "MB/s", 1), Row("random read 4 KiB", "IOPS", 2)];

        BenchmarkRow Row(string name, string unit, int figure)
        {
            Spread value = Spread.Of(zoned.Select(rates => rates[figure]));
            Spread baseline = Spread.Of(peer.Select(rates => rates[figure]));
            return BenchmarkRow.Compared(Name, $"{medium}: {name}", value.Median, baseline.Median, unit, ratioMin: null) with
            {
                Range = value.RangeText,
                BaselineRange = baseline.RangeText,
            };
        }
    }

    private static async Task<double[]> MeasureAsync(RawStore store)
    {
        await using (store)
        {
            using AlignedMemory buffer = new(PieceBytes);
            RandomNumberGenerator.Fill(buffer.GetSpan());
            return
            [
                await RateAsync(AllBytes / 1e6, async () =>
                {
                    for (long offset = 0; offset < AllBytes; offset += PieceBytes)
                        await store.AppendAsync(buffer.Memory);
                    await store.FlushAsync();
                }),
                await RateAsync(AllBytes / 1e6, async () =>
                {
                    for (long offset = 0; offset < AllBytes; offset += PieceBytes)
                        await store.ReadAsync(offset, buffer.Memory);
                }),
                await RateAsync(RandomReads, async () =>
                {
                    Random random = new(1);
                    for (int i = 0; i < RandomReads; i++)
                        await store.ReadAsync(random.NextInt64(AllBytes / PageBytes) * PageBytes, buffer.Memory[..PageBytes]);
                }),
            ];
        }
    }

    private static async Task<double> RateAsync(double amount, Func<Task> work)
    {
        Stopwatch watch = Stopwatch.StartNew();
        await work();
        return amount / watch.Elapsed.TotalSeconds;
    }
}
