using ZoneTierFS.Devices;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Simulation;

/// <summary>All that a seed decides before anything runs: devices, faults, options, clients, and how often they do what.</summary>
internal sealed class SimulationPlan
{
    private const int Block = FileHistory.Block;

    /// <summary>What the engine asks of a device.</summary>
    private const int OpenZonesMin = 6;

    private const ClientAction FirstLaterAction = ClientAction.MakeSpecial;

    private static readonly string[] TierNames = ["tlc", "qlc", "plc"];

    private readonly int[] _weights = new int[(int)ClientAction.Count];

    public SimulationPlan(ulong seed, SimulationOptions options)
    {
        var random = new SeededRandom(seed);
        Tiers = [.. TierNames.Take(random.Pick([1, 2, 2, 2, 2, 2, 2, 3])).Select(name => new TierPlan(name, MakeGeometry(random)))];
        Clients = random.Between(1, 3);
        Lives = random.Between(2, 6);
        ActionsPerLife = options.Steps ?? random.Between(20, 250);
        FormatCrashes = random.Next(3) == 0 ? random.Between(1, 2) : 0;
        HasFarOffsets = random.Chance(0.2);
        LiveBytesMax = CapacityBytes * random.Between(5, 30) / 100;
        FileBytesMax = Math.Max(256 << 10, LiveBytesMax / 4);
        Knobs = MakeKnobs(random, options);
        Options = MakeOptions(random);
        ChooseWeights(random);
        ChooseLaterWeights(random, seed);
    }

    public IReadOnlyList<TierPlan> Tiers { get; }

    public int Clients { get; }

    /// <summary>Openings of the volume that may end with a power cut; a last one without faults follows.</summary>
    public int Lives { get; }

    /// <summary>Actions of each client in each life.</summary>
    public int ActionsPerLife { get; }

    /// <summary>Attempts at formatting that the power cuts short.</summary>
    public int FormatCrashes { get; }

    /// <summary>Files may be sparse over gigabytes.</summary>
    public bool HasFarOffsets { get; }

    public long CapacityBytes => Tiers.Sum(tier => tier.Geometry.ZoneCount * tier.Geometry.ZoneCapacity);

    /// <summary>Clients delete instead of writing when they hold more than this, bytes.</summary>
    public long LiveBytesMax { get; }

    public long FileBytesMax { get; }

    /// <summary>
    /// Live data of this size must fit: "no space" with less is a lie. Bytes. Superblocks, journal, metadata and the reserves for cleaning take zones of
    /// the first tier above all, and these tiers are very small; footers, and streams that are open for each class, take a share of what is left. The second
    /// copy of the metadata takes zones of the second tier, or of the only one.
    /// </summary>
    public long FullBytesMin => Tiers.Select((tier, i) => (tier.Geometry.ZoneCount - ReservedZones(i)) * tier.Geometry.ZoneCapacity).Sum() * 4 / 5;

    private int ReservedZones(int tier) => (tier, Tiers.Count) switch
    {
        (0, 1) => 19,
        (0, _) => 14,
        (1, _) => 11,
        _ => 6,
    };

    public FaultKnobs Knobs { get; }

    public VolumeOptions Options { get; }

    public ClientAction PickAction(SeededRandom random)
    {
        int ticket = random.Next(_weights.Sum());
        int action = 0;
        while (ticket >= _weights[action])
        {
            ticket -= _weights[action++];
        }

        return (ClientAction)action;
    }

    public override string ToString()
    {
        IEnumerable<string> tiers = Tiers.Select(tier => $"{tier.Name} {tier.Geometry.ZoneCount} x {tier.Geometry.ZoneCapacity >> 10} KiB, "
            + $"active {tier.Geometry.MaxActiveZones}, open {tier.Geometry.MaxOpenZones}, append {tier.Geometry.AppendBytesMax >> 10} KiB");
        IEnumerable<string> weights = Enumerable.Range(0, _weights.Length).Where(i => _weights[i] > 0).Select(i => $"{(ClientAction)i} {_weights[i]}");
        return $"{string.Join("; ", tiers)}; {Clients} clients, {Lives} lives, {ActionsPerLife} actions; {Knobs}; {Options}; {string.Join(", ", weights)}";
    }

    private static ZonedGeometry MakeGeometry(SeededRandom random)
    {
        long size = (256L << 10) << random.Next(3);
        long least = Math.Max(size / Block / 2, 64);
        int active = random.Chance(0.5) ? random.Between(6, 14) : 0;
        return new ZonedGeometry
        {
            ZoneCount = random.Between(24, 64),
            ZoneSize = size,
            ZoneCapacity = random.Chance(0.5) ? size : random.Between(least, size / Block) * Block,
            MaxActiveZones = active,
            MaxOpenZones = active > 0 && random.Chance(0.5) ? random.Between(OpenZonesMin, active) : 0,
            AppendBytesMax = (64 << 10) << random.Next(5),
        };
    }

    private static FaultKnobs MakeKnobs(SeededRandom random, SimulationOptions options) => new()
    {
        YieldChance = random.Pick([0.0, 0.05, 0.3, 0.8]),
        DelayChance = random.Pick([0.0, 0.2, 0.8]),
        DelayMax = TimeSpan.FromMilliseconds(random.Between(1, 20)),
        HidesEpochs = random.Chance(0.2),
        AppendErrorChance = options.AppendErrors ? random.Pick([0.001, 0.01, 0.05]) : 0,
        FlushLies = options.FlushLies,
    };

    private static VolumeOptions MakeOptions(SeededRandom random) => new()
    {
        ReadAheadBytesMax = 0, // reading ahead has threads of its own, which no seed decides about
        DirtyBytesMax = (1L << 20) << random.Next(4),
        CommitInterval = TimeSpan.FromMilliseconds(random.Pick([100, 1000, 5000, 60_000])),
        JournalBytesMax = (1L << 20) << random.Next(4),
        MoveInterval = TimeSpan.FromMilliseconds(random.Pick([10, 100, 1000])),
        MoveQuietTime = TimeSpan.FromMilliseconds(random.Pick([0, 20])),
        MoveBytesPerSecond = random.Pick([0L, 1L << 20, 200L << 20]),
        CleanBelowFreeFraction = random.Pick([0.05, 0.25, 0.6]),
        PromotedFractionMax = random.Pick([0.0, 0.2, 0.5]),
        ScrubInterval = TimeSpan.FromMilliseconds(random.Pick([0, 100, 10_000])),
        ScrubBytesPerSecond = random.Pick([1L << 20, 200L << 20]),
    };

    /// <summary>Actions that came later are left out of odd seeds, so that failures known by their number stay what they were.</summary>
    private void ChooseLaterWeights(SeededRandom random, ulong seed)
    {
        for (int i = (int)FirstLaterAction; i < _weights.Length && seed % 2 == 0; i++)
        {
            _weights[i] = random.Pick([0, 1, 1, 2]);
        }
    }

    /// <summary>Each seed leaves some actions out and does others more often: bugs hide behind mixes that an even choice never makes.</summary>
    private void ChooseWeights(SeededRandom random)
    {
        for (int i = 0; i < (int)FirstLaterAction; i++)
        {
            _weights[i] = random.Pick([0, 1, 1, 2, 5]);
        }

        _weights[(int)ClientAction.CreateFile] = random.Between(2, 5);
        _weights[(int)ClientAction.Write] = random.Between(2, 8);
        _weights[(int)ClientAction.VerifyAll] = random.Next(2);
        _weights[(int)ClientAction.Crowd] = random.Chance(0.15) ? 1 : 0;
        _weights[(int)ClientAction.Fill] = CapacityBytes < (24 << 20) && random.Chance(0.5) ? 1 : 0;
    }
}
