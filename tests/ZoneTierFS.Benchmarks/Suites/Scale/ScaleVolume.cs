using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>
/// A volume of one tier on sparse memory, with the shorthand that rows want. The medium outlives the volume's closing, so that it can be mounted again.
/// </summary>
internal sealed class ScaleVolume : IAsyncDisposable
{
    public const int BlockSize = 4096;

    private const long ZoneBytes = 64L << 20;

    private static readonly FileCaller s_caller = new(0, 0, 1);
    private static readonly VolumeEnvironment s_environment = new(TimeProvider.System, NullLogger.Instance);

    private readonly SparseMemoryDevice _medium;
    private LentDevice? _lent;
    private Volume? _volume;

    private ScaleVolume(SparseMemoryDevice medium, VolumeOptions options)
    {
        _medium = medium;
        Options = options;
    }

    public Volume Volume => _volume ?? throw new InvalidOperationException("The volume is closed.");

    public VolumeOptions Options { get; set; }

    /// <summary>Makes and opens a volume.</summary>
    /// <param name="bytes">Capacity; rounded up to whole zones.</param>
    public static async Task<ScaleVolume> CreateAsync(long bytes, VolumeOptions? options = null)
    {
        ZonedGeometry geometry = new() { ZoneCount = (int)((bytes + ZoneBytes - 1) / ZoneBytes) + 16, ZoneSize = ZoneBytes, ZoneCapacity = ZoneBytes };
        ScaleVolume made = new(new SparseMemoryDevice(geometry), options ?? new VolumeOptions());
        await Volume.FormatAsync(made.Tiers(), new FormatOptions { Uuid = Guid.NewGuid() }, s_environment, progress: null, CancellationToken.None);
        await made.OpenAsync();
        return made;
    }

    public async Task OpenAsync() => _volume = await Volume.OpenAsync(Tiers(), Options, s_environment, CancellationToken.None);

    /// <summary>Shuts down cleanly.</summary>
    public async Task CloseAsync()
    {
        if (_volume is { } open) await open.DisposeAsync();
        _volume = null;
    }

    /// <summary>The power goes: what is only in memory is lost, whatever the volume still tries to write. The medium stays as it was at this moment.</summary>
    public async Task CrashAsync()
    {
        _lent!.CutPower();
        await CloseAsync();
    }

    public async Task<ulong> MakeDirectoryAsync(string name, ulong parent = Volume.RootInode) =>
        Must(await Volume.MakeDirectoryAsync(parent, Encoding.UTF8.GetBytes(name), 0x1ED, s_caller)).Inode;

    /// <summary>Makes an empty file.</summary>
    public async ValueTask<ulong> CreateAsync(string name, ulong parent = Volume.RootInode) =>
        Must(await Volume.CreateAsync(parent, Encoding.UTF8.GetBytes(name), FileMode.S_IFREG | 0x1A4, deviceNumber: 0, s_caller)).Inode;

    public async ValueTask<ulong> OpenFileAsync(ulong inode) => Must(await Volume.OpenFileAsync(inode, OpenFlags.Read | OpenFlags.Write));

    public async ValueTask WriteAsync(ulong handle, long offset, ReadOnlyMemory<byte> data) =>
        Must(await Volume.WriteAsync(handle, offset, data, append: false, killSetId: false));

    public async ValueTask SyncAsync() => Must(await Volume.SyncAsync());

    public static void Must(Errno error)
    {
        if (error != Errno.Ok) throw new InvalidOperationException($"The engine said {error}.");
    }

    public static T Must<T>(Result<T> result)
    {
        Must(result.Error);
        return result.Value;
    }

    private TierDevice[] Tiers() => [new TierDevice("tlc", _lent = new LentDevice(_medium))];

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _medium.DisposeAsync();
    }
}
