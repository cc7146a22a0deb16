using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>A sound volume that mutants are made of: what is on its devices at several moments of its life, and what its files hold at the last one.</summary>
internal sealed class BaseVolume
{
    /// <summary>As small as a volume can be, so that most of what a mutation hits is alive.</summary>
    private const int ZoneBlocks = 64;
    private const int FastZones = 24;
    private const int SlowZones = 16;

    /// <summary>Times that the volume is opened; after the last one it is not closed, so that its journal stays.</summary>
    private const int Lives = 4;
    private const int ActionsPerLife = 60;
    private const int MomentEvery = 30;

    private readonly List<Image> _moments = [];

    private BaseVolume(Guid uuid, Image image)
    {
        Uuid = uuid;
        _moments.Add(image.Copy());
    }

    public static VolumeOptions Options { get; } = new()
    {
        ReadAheadBytesMax = 0, // reading ahead has threads of its own
        DirtyBytesMax = 1 << 20,
        JournalBytesMax = 1 << 20,
        CommitInterval = TimeSpan.FromMilliseconds(100),
        MoveInterval = TimeSpan.FromMilliseconds(10),
        MoveQuietTime = TimeSpan.Zero,
    };

    public Guid Uuid { get; }

    /// <summary>After a power cut, with a journal to replay.</summary>
    public Image Newest => _moments[^1];

    /// <summary>The volume's life so far, from empty devices on; <see cref="Newest"/> is the last.</summary>
    public IReadOnlyList<Image> Moments => _moments;

    /// <summary>What each file of <see cref="Newest"/> holds, by inode.</summary>
    public IReadOnlyDictionary<ulong, FileFacts> Files { get; private set; } = new Dictionary<ulong, FileFacts>();

    /// <param name="seed">Decides all that happens to the volume.</param>
    /// <param name="devices">1 to 3.</param>
    /// <exception cref="FuzzFailure">The volume is not sound, without any mutation.</exception>
    public static BaseVolume Create(ulong seed, int devices)
    {
        var random = new SeededRandom(seed);
        var uuid = new byte[16];
        random.Fill(uuid);
        var image = new Image(Enumerable.Range(0, devices).Select(Geometry));
        var made = new BaseVolume(new Guid(uuid), image);
        var world = new SeededWorld(random.Fork(1), new WorldTrace(null));
        world.Run(() => made.LiveAsync(world, image, random));
        made.Survey(random);
        return made;
    }

    private static ZonedGeometry Geometry(int device) => new()
    {
        ZoneCount = device == 0 ? FastZones : SlowZones,
        ZoneSize = ZoneBlocks * ImageDevice.BlockSize,
        ZoneCapacity = ZoneBlocks * ImageDevice.BlockSize,
        Media = device == 0 ? MediaKind.Tlc : MediaKind.Qlc,
        AppendBytesMax = 128 << 10,
    };

    private async Task LiveAsync(SeededWorld world, Image image, SeededRandom random)
    {
        var environment = new VolumeEnvironment(world.Time, NullLogger.Instance);
        await Volume.FormatAsync(image.Tiers, new FormatOptions { Uuid = Uuid }, environment, null, CancellationToken.None);
        var work = new BaseWork(random);
        for (var life = 0; life < Lives; life++)
        {
            var volume = await Volume.OpenAsync(image.Tiers, Options, environment, CancellationToken.None);
            for (var action = 1; action <= ActionsPerLife; action++)
            {
                await work.ActAsync(volume);
                if (random.Chance(0.3)) await world.DelayAsync(TimeSpan.FromMilliseconds(20));
                if (action % MomentEvery == 0) _moments.Add(image.Copy());
            }
            await volume.SyncAsync();
            _moments.Add(image.Copy());
            foreach (var device in image.Devices) device.IsOff = life == Lives - 1;
            await volume.DisposeAsync();
        }
        if (work.Refused > Lives * ActionsPerLife / 2)
            throw new FuzzFailure($"of {Lives * ActionsPerLife} actions {work.Refused} were refused");
    }

    private void Survey(SeededRandom random)
    {
        var reader = new ImageReader(files: null);
        var opened = reader.Read(Newest.Copy(), random.Fork(2));
        if (opened is not null || reader.Findings.Count > 0)
            throw new FuzzFailure($"a volume without any mutation is not sound: {opened?.Message ?? string.Join("; ", reader.Findings)}");
        Files = reader.Seen;
    }
}
