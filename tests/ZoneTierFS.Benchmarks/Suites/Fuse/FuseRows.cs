using ZoneTierFS.Benchmarks.Clients;
using ZoneTierFS.Benchmarks.Measuring;

namespace ZoneTierFS.Benchmarks.Suites.Fuse;

/// <summary>Every workload of the data path and its targets.</summary>
internal static class FuseRows
{
    private const string Model = MainJobSuite.ModelFile;
    private const string OverwrittenFile = "overwritten.bin";
    private const string Tree = "tree";

    private const int SmallBytes = 4 << 10;
    private const int MiddleBytes = 64 << 10;
    private const int LargeBytes = 128 << 10;
    private const long WrittenBytes = 512L << 20;
    private const long OverwrittenBytes = 256L << 20;
    private const int TreeFiles = 5000;
    private const int Depth = 16;

    public static IReadOnlyList<FuseRow> All { get; } = [.. Reads(), .. Writes(), .. Names()];

    /// <summary>4 KiB reads of the whole file at random places, past the page cache.</summary>
    public static Workload SmallReads(int operations) => new(ClientMode.RandomRead, Model, CacheState.Cold, Operations: operations) { PieceBytes = SmallBytes };

    /// <summary>4 KiB writes at random places of a file that is there, and one fsync.</summary>
    public static Workload SmallOverwrites(int operations) => Overwrites(SmallBytes, operations);

    private static IEnumerable<FuseRow> Reads() =>
    [
        new("cold 1 MiB read, 1 thread", new(ClientMode.SequentialRead, Model, CacheState.Cold), 0.60, 0.95) { JudgesCpu = true },
        new("cold 1 MiB read, 4 threads", new(ClientMode.SequentialRead, Model, CacheState.Cold) { Threads = 4 }, 0.60, 1.0) { JudgesCpu = true },
        new("cold mmap, populated", new(ClientMode.MapRead, Model, CacheState.Cold), 0.65, 1.0),
        new("cold mmap, by faults", new(ClientMode.FaultRead, Model, CacheState.Cold), 0.65, 1.0),
        new("warm 1 MiB read, opened again", new(ClientMode.SequentialRead, Model, CacheState.Warm), 0.98, null),
        new("warm mmap, populated", new(ClientMode.MapRead, Model, CacheState.Warm), 0.9, null),
        new("warm 64 KiB random read", new(ClientMode.CachedRandomRead, Model, CacheState.Warm, Operations: 20_000) { PieceBytes = MiddleBytes }, 0.9, null)
        {
            CountsOperations = true,
        },
        new("1 MiB read, O_DIRECT", new(ClientMode.DirectRead, Model, CacheState.Cold), 0.60, 0.95),
        new("4 KiB random read, O_DIRECT, QD1", SmallReads(10_000), 0.60, 0.85) { CountsOperations = true },
        new("4 KiB random read, O_DIRECT, QD16", SmallReads(64_000) with { Threads = Depth }, 0.40, 0.7) { CountsOperations = true },
    ];

    private static IEnumerable<FuseRow> Writes() =>
    [
        new("1 MiB write + fsync", new(ClientMode.SequentialWrite, "written.gguf", CacheState.Cold, Bytes: WrittenBytes), 0.70, 0.85),
        new("128 KiB random overwrite + fsync", Overwrites(LargeBytes, 2048), 0.70, 1.0),
        new("4 KiB random overwrite + fsync", Overwrites(SmallBytes, 8192), 1.0, 1.5) { CountsOperations = true },
        new("64 KiB append + fdatasync", new(ClientMode.Append, "appended.bin", CacheState.Cold, Operations: 1500) { PieceBytes = MiddleBytes }, 0.75, 0.8)
        {
            CountsOperations = true,
        },
    ];

    private static IEnumerable<FuseRow> Names() =>
    [
        OnTree("create 4 KiB file", ClientMode.CreateTree, CacheState.AsIs, ClientMode.EmptyTree, 0.25),
        OnTree("stat, names cold", ClientMode.StatTree, CacheState.ColdNames, ClientMode.PrepareTree, 0.15),
        OnTree("open + read 4 KiB file", ClientMode.ReadTree, CacheState.Warm, ClientMode.PrepareTree, 0.2),
        OnTree("unlink", ClientMode.UnlinkTree, CacheState.AsIs, ClientMode.PrepareTree, 0.25),
    ];

    private static Workload Overwrites(int pieceBytes, int operations) =>
        new(ClientMode.RandomOverwrite, OverwrittenFile, CacheState.Cold, OverwrittenBytes, operations)
        {
            PieceBytes = pieceBytes,
            Preparation = ClientMode.PrepareFile,
        };

    private static FuseRow OnTree(string name, ClientMode mode, CacheState cache, ClientMode preparation, double ramMin) =>
        new(name, new(mode, Tree, cache, Operations: TreeFiles) { Preparation = preparation, PieceBytes = SmallBytes }, ramMin, null)
        {
            CountsOperations = true,
        };
}
