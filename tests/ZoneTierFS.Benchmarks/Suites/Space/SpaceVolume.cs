using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using Mode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Benchmarks.Suites.Space;

/// <summary>A fresh volume of one tier in memory. Whatever fails ends the measurement.</summary>
internal sealed class SpaceVolume : IAsyncDisposable
{
    public const int BlockSize = 4096;

    private static readonly FileCaller s_root = new(0, 0, 1);
    private static readonly VolumeEnvironment s_environment = new(TimeProvider.System, NullLogger.Instance);

    private readonly Volume _volume;

    private SpaceVolume(Volume volume) => _volume = volume;

    /// <summary>Live bytes at a share of what statfs calls the total.</summary>
    public long Share(double fill) => (long)(_volume.GetSpace().TotalBlocks * fill) * BlockSize;

    /// <summary>What the device has taken since the mount.</summary>
    public WrittenBytes Written => _volume.GetVolumeStatus().Written;

    /// <summary>Live share of the zones that hold data now: what a cleaner has to live with.</summary>
    public double Utilisation
    {
        get
        {
            TierStatus tier = _volume.GetVolumeStatus().Tiers[0];
            SpaceUsage space = _volume.GetSpace();
            return (double)((long)(space.TotalBlocks - space.FreeBlocks) * BlockSize) / ((tier.OpenZones + tier.FullZones) * tier.ZoneCapacity);
        }
    }

    public static async Task<SpaceVolume> CreateAsync(int zones, long zoneBytes)
    {
        MemoryZonedDevice device = new(new ZonedGeometry
        {
            ZoneCount = zones, ZoneSize = zoneBytes, ZoneCapacity = zoneBytes, Media = MediaKind.Tlc, AppendBytesMax = 1 << 20,
        });
        TierDevice[] tiers = [new("tlc", device)];
        await Volume.FormatAsync(tiers, new FormatOptions { Uuid = Guid.NewGuid() }, s_environment, null, CancellationToken.None);
        VolumeOptions options = new()
        {
            // A volume of a real size keeps a far smaller share of itself for the journal.
            JournalBytesMax = 8 << 20, MoveQuietTime = TimeSpan.Zero, MoveInterval = TimeSpan.FromMilliseconds(50), MoveBytesPerSecond = 1L << 40,
        };
        return new SpaceVolume(await Volume.OpenAsync(tiers, options, s_environment, CancellationToken.None));
    }

    public async Task<ulong> MakeDirectoryAsync(string name) =>
        Checked(await _volume.MakeDirectoryAsync(Volume.RootInode, Encoding.UTF8.GetBytes(name), 0x1C0, s_root)).Inode;

    /// <summary>A new file, open.</summary>
    public async Task<ulong> CreateAsync(string name, ulong parent = Volume.RootInode)
    {
        ulong inode = Checked(await _volume.CreateAsync(parent, Encoding.UTF8.GetBytes(name), Mode.S_IFREG | 0x180, 0, s_root)).Inode;
        return await OpenAsync(inode);
    }

    public async Task<ulong> OpenAsync(string name, ulong parent = Volume.RootInode) =>
        await OpenAsync(Checked(_volume.Lookup(parent, Encoding.UTF8.GetBytes(name))).Inode);

    private async Task<ulong> OpenAsync(ulong inode) => Checked(await _volume.OpenFileAsync(inode, OpenFlags.Read | OpenFlags.Write));

    public async Task WriteAsync(ulong handle, long offset, ReadOnlyMemory<byte> bytes) =>
        Checked(await _volume.WriteAsync(handle, offset, bytes, false, false));

    public async Task ReadAsync(ulong handle, long offset, Memory<byte> into)
    {
        int read = Checked(await _volume.ReadAsync(handle, offset, into));
        if (read != into.Length)
            throw new InvalidOperationException($"{read} bytes instead of {into.Length} at {offset}");
    }

    public async Task CloseAsync(ulong handle) => await _volume.ReleaseAsync(handle);

    public async Task RenameAsync(string name, string newName) => Check(await _volume.RenameAsync(
        Volume.RootInode, Encoding.UTF8.GetBytes(name), Volume.RootInode, Encoding.UTF8.GetBytes(newName), RenameFlags.None));

    public async Task DeleteAsync(string name, ulong parent = Volume.RootInode) => Check(await _volume.UnlinkAsync(parent, Encoding.UTF8.GetBytes(name)));

    public async Task SyncAsync() => Check(await _volume.SyncAsync());

    private static T Checked<T>(Result<T> result)
    {
        Check(result.Error);
        return result.Value;
    }

    private static void Check(Errno error)
    {
        if (error != Errno.Ok)
            throw new InvalidOperationException($"The volume says {error}.");
    }

    public async ValueTask DisposeAsync() => await _volume.DisposeAsync();
}
