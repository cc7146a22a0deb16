using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Cli.Serving;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Fuzz;

/// <summary>A real volume on two small tiers in memory: absurd values reach the engine.</summary>
internal sealed class VolumeTarget : FuzzTarget
{
    private const int Zones = 32;

    /// <summary>Hardly more than a volume needs for itself.</summary>
    private const int TightFastZones = 18;
    private const int TightSlowZones = 16;

    private const int ZoneBytes = 1 << 20;

    private static readonly VolumeEnvironment s_environment = new(TimeProvider.System, NullLogger.Instance);

    private static readonly VolumeOptions s_options = new()
    {
        DirtyBytesMax = 2 << 20,
        JournalBytesMax = 1 << 20,
        CommitInterval = TimeSpan.FromMilliseconds(100),
        MoveInterval = TimeSpan.FromMilliseconds(10),
        MoveQuietTime = TimeSpan.Zero,
    };

    private readonly IReadOnlyList<TierDevice> _devices;
    private Volume _volume;

    private VolumeTarget(IReadOnlyList<TierDevice> devices, Volume volume) : base(Adapter(volume)) => (_devices, _volume) = (devices, volume);

    public override bool KeepsBytes => true;

    /// <param name="isTight">With so little space that it is full again and again, which takes time: writers wait for the cleaning.</param>
    public static async Task<VolumeTarget> CreateAsync(bool isTight = false)
    {
        TierDevice[] devices =
            [Device("tlc", isTight ? TightFastZones : Zones, MediaKind.Tlc), Device("qlc", isTight ? TightSlowZones : Zones, MediaKind.Qlc)];
        await Volume.FormatAsync(devices, new FormatOptions { Uuid = Guid.NewGuid() }, s_environment, null, CancellationToken.None);
        return new VolumeTarget(devices, await OpenAsync(devices));
    }

    public override async Task FinishAsync()
    {
        await Unlinked.ForgetAllAsync();
        await CheckAsync("after the last request");
        var before = await TreeListing.OfAsync(_volume);
        await _volume.DisposeAsync();
        _volume = await OpenAsync(_devices);
        await CheckAsync("after the remount");
        var after = await TreeListing.OfAsync(_volume);
        if (before != after)
            throw new FuzzFailure($"the remount changed what is there: {FirstDifference(before, after)}");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _volume.DisposeAsync();
        foreach (var tier in _devices)
            await ((KeptDevice)tier.Device).DiscardAsync();
    }

    private static Task<Volume> OpenAsync(IReadOnlyList<TierDevice> devices) => Volume.OpenAsync(devices, s_options, s_environment, CancellationToken.None);

    private static VolumeFileSystem Adapter(Volume volume) =>
        new(volume, new ControlAttributes(volume, new MountIdentity(1, "/mnt", "ztfs", "/config"), "tlc"));

    private static TierDevice Device(string tier, int zones, MediaKind media) => new(tier, new KeptDevice(new MemoryZonedDevice(new ZonedGeometry
    {
        ZoneCount = zones,
        ZoneSize = ZoneBytes,
        ZoneCapacity = ZoneBytes,
        Media = media,
        AppendBytesMax = ZoneBytes,
    })));

    private async Task CheckAsync(string when)
    {
        if (_volume.GetVolumeStatus().Failure is { } failure)
            throw new FuzzFailure($"the volume failed {when}: {failure}");
        var report = await _volume.CheckAsync(null, CancellationToken.None);
        if (report.Damage.Count > 0)
            throw new FuzzFailure($"the volume is damaged {when}: {string.Join("; ", report.Damage)}");
    }

    private static string FirstDifference(string before, string after)
    {
        var (old, now) = (before.Split('\n'), after.Split('\n'));
        var at = Enumerable.Range(0, Math.Max(old.Length, now.Length)).First(line => old.ElementAtOrDefault(line) != now.ElementAtOrDefault(line));
        return $"'{old.ElementAtOrDefault(at)}' became '{now.ElementAtOrDefault(at)}'";
    }
}
