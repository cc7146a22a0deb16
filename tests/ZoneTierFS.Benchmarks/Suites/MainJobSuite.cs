using ZoneTierFS.Benchmarks.Clients;
using ZoneTierFS.Benchmarks.Measuring;
using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Suites;

/// <summary>Loading and storing a model on a mount, against the plain file system on the same medium.</summary>
/// <param name="medium">What the folders lie on; part of the rows' names.</param>
/// <param name="plain">The peer's folder; holds the model.</param>
/// <param name="mounted">The mount's root, with the same model.</param>
/// <param name="daemon">The process that serves the mount.</param>
/// <param name="repeats">Samples of each workload in each place.</param>
/// <param name="withTargets">Whether the targets apply to this medium.</param>
internal sealed class MainJobSuite(string medium, Place plain, Place mounted, DaemonProcess daemon, int repeats, bool withTargets)
{
    public const string Name = "main-job";
    public const string ModelFile = "model.gguf";

    private const int PageBytes = 4096;
    private const long WrittenBytes = 512L << 20;
    private const int RandomReads = 10_000;
    private const int CollectionReads = 100_000;
    private const double ResidentMegabytesMax = 200;

    private static readonly (string Name, Workload Workload, double? RatioMin)[] Workloads =
    [
        ("cold 1 MiB sequential read", new(ClientMode.SequentialRead, ModelFile, CacheState.Cold), 0.8),
        ("cold mmap read", new(ClientMode.MapRead, ModelFile, CacheState.Cold), 0.8),
        ("warm mmap read", new(ClientMode.MapRead, ModelFile, CacheState.Warm), 0.9),
        ("warm 1 MiB reread", new(ClientMode.SequentialRead, ModelFile, CacheState.Warm), null),
        ("1 MiB sequential write + fsync", new(ClientMode.SequentialWrite, "written.gguf", CacheState.Cold, Bytes: WrittenBytes), 0.7),
        ("4 KiB random read, O_DIRECT", new(ClientMode.RandomRead, ModelFile, CacheState.Cold, Operations: RandomReads) { PieceBytes = PageBytes }, null),
    ];

    public IReadOnlyList<BenchmarkRow> Run()
    {
        List<BenchmarkRow> rows = [];
        foreach ((string name, Workload workload, double? ratioMin) in Workloads)
        {
            Console.WriteLine($"   {medium}: {name}");
            rows.AddRange(Compare(name, workload, ratioMin));
        }
        Console.WriteLine($"   {medium}: memory, collections, raw speed");
        rows.Add(ResidentMemory());
        rows.Add(Collections());
        rows.Add(Raw("raw O_DIRECT 1 MiB read, plain", new(ClientMode.DirectRead, ModelFile, CacheState.Cold)));
        rows.Add(Raw("raw O_DIRECT 1 MiB write + fsync, plain", new(ClientMode.DirectWrite, "raw.bin", CacheState.Cold, Bytes: WrittenBytes)));
        return rows;
    }

    private IEnumerable<BenchmarkRow> Compare(string name, Workload workload, double? ratioMin)
    {
        IReadOnlyList<PlaceSamples> samples = Sampler.Compare(workload, [mounted, plain], repeats);
        double others = samples.Max(taken => taken.OthersShare);
        bool random = workload.Mode == ClientMode.RandomRead;
        yield return Row(name, random ? "IOPS" : "MB/s",
            sample => random ? sample.OperationsPerSecond : sample.MegabytesPerSecond, withTargets ? ratioMin : null);
        yield return Row($"CPU of {name}", "s/GiB", sample => sample.CpuSecondsPerGibibyte, ratioMin: null);

        BenchmarkRow Row(string title, string unit, Func<Sample, double> figure, double? ratioMin)
        {
            Spread value = samples[0].Of(figure);
            Spread baseline = samples[1].Of(figure);
            return BenchmarkRow.Compared(Name, $"{medium}: {title}", value.Median, baseline.Median, unit, ratioMin) with
            {
                Range = value.RangeText,
                BaselineRange = baseline.RangeText,
                OthersShare = others,
            };
        }
    }

    private BenchmarkRow ResidentMemory()
    {
        Sampler.Measure(new(ClientMode.MapRead, ModelFile, CacheState.Cold), mounted);
        return BenchmarkRow.Alone(Name, $"{medium}: daemon memory after loading the model",
            daemon.ResidentBytes() / 1e6, "MB", withTargets ? ResidentMegabytesMax : null);
    }

    private BenchmarkRow Collections()
    {
        long before = MountStatus.GarbageCollections(mounted.Folder);
        Sampler.Measure(new(ClientMode.RandomRead, ModelFile, CacheState.Cold, Operations: CollectionReads) { PieceBytes = PageBytes }, mounted);
        long collections = MountStatus.GarbageCollections(mounted.Folder) - before;
        return BenchmarkRow.Alone(Name, $"{medium}: garbage collections in 100,000 reads of 4 KiB", collections, "", withTargets ? 0 : null);
    }

    private BenchmarkRow Raw(string name, Workload workload)
    {
        PlaceSamples samples = Sampler.Compare(workload, [plain], repeats)[0];
        Spread spread = samples.Of(sample => sample.MegabytesPerSecond);
        return BenchmarkRow.Alone(Name, $"{medium}: {name}", spread.Median, "MB/s") with
        {
            Range = spread.RangeText,
            OthersShare = samples.OthersShare,
        };
    }
}
