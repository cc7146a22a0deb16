using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>A volume on two small memory devices, with the shorthand that tests want.</summary>
internal sealed class VolumeFixture : IAsyncDisposable
{
    public static readonly FileCaller Root = new(0, 0, 1);

    private VolumeFixture(IReadOnlyList<TierDevice> devices, VolumeOptions options)
    {
        Devices = devices;
        Options = options;
    }

    public IReadOnlyList<TierDevice> Devices { get; }
    public VolumeOptions Options { get; }
    public Volume Volume { get; private set; } = null!;

    public static VolumeEnvironment Environment { get; } = new(TimeProvider.System, NullLogger.Instance);

    public static TierDevice Device(string tier, int zones = 32, long zoneBytes = 1 << 20, MediaKind media = MediaKind.Tlc, int maxActive = 0) =>
        new(tier, new KeptDevice(new MemoryZonedDevice(new ZonedGeometry
        {
            ZoneCount = zones, ZoneSize = zoneBytes, ZoneCapacity = zoneBytes, Media = media,
            MaxActiveZones = maxActive, MaxOpenZones = maxActive, AppendBytesMax = 1 << 20,
        })));

    public static async Task<VolumeFixture> CreateAsync(VolumeOptions? options = null, int maxActive = 0, int zones = 32)
    {
        var fixture = new VolumeFixture(
            [Device("tlc", zones, maxActive: maxActive), Device("qlc", zones * 2, media: MediaKind.Qlc, maxActive: maxActive)], options ?? new VolumeOptions());
        await Volume.FormatAsync(fixture.Devices, new FormatOptions { Uuid = Guid.NewGuid() }, Environment, null, CancellationToken.None);
        await fixture.OpenAsync();
        return fixture;
    }

    public async Task OpenAsync(VolumeOptions? options = null) =>
        Volume = await Volume.OpenAsync(Devices, options ?? Options, Environment, CancellationToken.None);

    public async Task ReopenAsync()
    {
        await Volume.DisposeAsync();
        await OpenAsync();
    }

    public static ReadOnlyMemory<byte> Name(string name) => Encoding.UTF8.GetBytes(name);

    public static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public async Task<ulong> CreateFileAsync(string name, byte[]? content = null, ulong parent = Volume.RootInode)
    {
        var made = await Volume.CreateAsync(parent, Name(name), ZoneTierFS.Linux.FileMode.S_IFREG | 0x1A4, 0, Root);
        if (!made.IsOk) throw new InvalidOperationException($"create {name}: {made.Error}");
        if (content is not null) await WriteAsync(made.Value.Inode, 0, content);
        return made.Value.Inode;
    }

    public async Task WriteAsync(ulong inode, long offset, byte[] content, bool sync = false)
    {
        var handle = (await Volume.OpenFileAsync(inode, OpenFlags.Read | OpenFlags.Write)).Value;
        for (var done = 0; done < content.Length; done += 1 << 20)
        {
            var written = await Volume.WriteAsync(handle, offset + done, content.AsMemory(done, Math.Min(1 << 20, content.Length - done)), false, false);
            if (!written.IsOk) throw new IOException($"write: {written.Error}");
        }
        if (sync && await Volume.FsyncAsync(handle, false) is var error and not Errno.Ok) throw new IOException($"fsync: {error}");
        await Volume.ReleaseAsync(handle);
    }

    public async Task<byte[]> ReadAsync(ulong inode, long offset = 0, int? length = null)
    {
        var handle = (await Volume.OpenFileAsync(inode, OpenFlags.Read)).Value;
        var into = new byte[length ?? (int)Volume.GetStatus(inode).Value.Size];
        var read = await Volume.ReadAsync(handle, offset, into);
        await Volume.ReleaseAsync(handle);
        return read.IsOk ? into[..read.Value] : throw new IOException($"read: {read.Error}");
    }

    public ulong Find(string name, ulong parent = Volume.RootInode)
    {
        var found = Volume.Lookup(parent, Name(name).Span);
        return found.IsOk ? found.Value.Inode : 0;
    }

    public async ValueTask DisposeAsync()
    {
        await Volume.DisposeAsync();
        foreach (var tier in Devices) await ((KeptDevice)tier.Device).Inner.DisposeAsync();
    }
}
