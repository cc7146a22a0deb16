using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using Mode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Engine;

/// <summary>A volume on two small memory devices, with the shorthand that tests want.</summary>
internal sealed class VolumeFixture : IAsyncDisposable
{
    public static readonly FileCaller Root = new(0, 0, 1);

    private const int ChunkBytes = 1 << 20;

    private Volume? _volume;

    private VolumeFixture(IReadOnlyList<TierDevice> devices, VolumeOptions options)
    {
        Devices = devices;
        Options = options;
        Logged = new VolumeEnvironment(TimeProvider.System, Log);
    }

    public IReadOnlyList<TierDevice> Devices { get; }
    public TestDevice Tlc => (TestDevice)Devices[0].Device;
    public TestDevice Qlc => (TestDevice)Devices[1].Device;
    public VolumeOptions Options { get; }
    public TestLog Log { get; } = new();

    /// <summary>The environment that the volume of this fixture is opened in: its lines go to <see cref="Log"/>.</summary>
    public VolumeEnvironment Logged { get; }

    public static VolumeEnvironment Environment { get; } = new(TimeProvider.System, NullLogger.Instance);
    public Volume Volume => _volume ?? throw new InvalidOperationException("The volume is closed.");

    /// <summary>Looks for moves all the time and never waits for the foreground.</summary>
    public static VolumeOptions EagerMover { get; } = new() { MoveInterval = TimeSpan.FromMilliseconds(10), MoveQuietTime = TimeSpan.Zero };

    public static TierDevice Device(string tier, int zones = 32, long zoneBytes = 1 << 20, MediaKind media = MediaKind.Tlc, int maxActive = 0) =>
        new(tier, new TestDevice(new MemoryZonedDevice(new ZonedGeometry
        {
            ZoneCount = zones, ZoneSize = zoneBytes, ZoneCapacity = zoneBytes, Media = media,
            MaxActiveZones = maxActive, MaxOpenZones = maxActive, AppendBytesMax = 1 << 20,
        })));

    /// <summary>Devices that are not formatted, and no volume.</summary>
    public static VolumeFixture Blank(VolumeOptions? options = null, int maxActive = 0, int zones = 32, int slowZones = 64, int devices = 2)
    {
        TierDevice[] all = [Device("tlc", zones, maxActive: maxActive), Device("qlc", slowZones, media: MediaKind.Qlc, maxActive: maxActive)];
        return new([.. all.Take(devices)], options ?? new VolumeOptions());
    }

    public static async Task<VolumeFixture> CreateAsync(VolumeOptions? options = null, int maxActive = 0, int zones = 32, int slowZones = 64)
    {
        var fixture = Blank(options, maxActive, zones, slowZones);
        await fixture.FormatAsync();
        await fixture.OpenAsync();
        return fixture;
    }

    public Task FormatAsync(bool force = false) =>
        Volume.FormatAsync(Devices, new FormatOptions { Uuid = Guid.NewGuid(), Force = force }, Logged, null, CancellationToken.None);

    public async Task OpenAsync(VolumeOptions? options = null) =>
        _volume = await Volume.OpenAsync(Devices, options ?? Options, Logged, CancellationToken.None);

    public async Task CloseAsync()
    {
        if (_volume is not null) await _volume.DisposeAsync();
        _volume = null;
    }

    public async Task ReopenAsync(VolumeOptions? options = null)
    {
        await CloseAsync();
        await OpenAsync(options);
    }

    /// <summary>The power goes, and comes again: what the volume held in memory is lost, whatever it still tries to write.</summary>
    public async Task CrashAsync()
    {
        foreach (var tier in Devices) ((TestDevice)tier.Device).SetPower(on: false);
        await CloseAsync();
        foreach (var tier in Devices) ((TestDevice)tier.Device).SetPower(on: true);
        await OpenAsync();
    }

    public static ReadOnlyMemory<byte> Name(string name) => Encoding.UTF8.GetBytes(name);

    public static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public async Task<ulong> CreateFileAsync(string name, byte[]? content = null, ulong parent = Volume.RootInode, uint mode = 0x1A4)
    {
        var made = await Volume.CreateAsync(parent, Name(name), Mode.S_IFREG | mode, 0, Root);
        Assert.True(made.IsOk, $"create {name}: {made.Error}");
        if (content is not null) await WriteAsync(made.Value.Inode, 0, content);
        return made.Value.Inode;
    }

    public async Task<ulong> MakeDirectoryAsync(string name, ulong parent = Volume.RootInode, uint mode = 0x1ED)
    {
        var made = await Volume.MakeDirectoryAsync(parent, Name(name), mode, Root);
        Assert.True(made.IsOk, $"mkdir {name}: {made.Error}");
        return made.Value.Inode;
    }

    public async Task<ulong> OpenFileAsync(ulong inode, OpenFlags flags = OpenFlags.Read | OpenFlags.Write)
    {
        var handle = await Volume.OpenFileAsync(inode, flags);
        Assert.Equal(Errno.Ok, handle.Error);
        return handle.Value;
    }

    public async Task WriteAsync(ulong inode, long offset, byte[] content, bool sync = false) =>
        Assert.Equal(Errno.Ok, await TryWriteAsync(inode, offset, content, sync));

    /// <summary>Opens, writes, syncs where asked, and closes; the first error.</summary>
    public async Task<Errno> TryWriteAsync(ulong inode, long offset, byte[] content, bool sync = false)
    {
        var handle = await OpenFileAsync(inode);
        var error = Errno.Ok;
        for (var done = 0; done < content.Length && error == Errno.Ok; done += ChunkBytes)
        {
            var part = content.AsMemory(done, Math.Min(ChunkBytes, content.Length - done));
            error = (await Volume.WriteAsync(handle, offset + done, part, false, false)).Error;
        }
        if (sync && error == Errno.Ok) error = await Volume.FsyncAsync(handle, false);
        await Volume.ReleaseAsync(handle);
        return error;
    }

    public async Task<byte[]> ReadAsync(ulong inode, long offset = 0, int? length = null)
    {
        var read = await TryReadAsync(inode, offset, length);
        Assert.Equal(Errno.Ok, read.Error);
        return read.Value;
    }

    public async Task<Result<byte[]>> TryReadAsync(ulong inode, long offset = 0, int? length = null)
    {
        var handle = await OpenFileAsync(inode, OpenFlags.Read);
        var into = new byte[length ?? (int)Volume.GetStatus(inode).Value.Size];
        var read = await Volume.ReadAsync(handle, offset, into);
        await Volume.ReleaseAsync(handle);
        return read.IsOk ? into[..read.Value] : read.Error;
    }

    public async Task<Errno> FsyncAsync(ulong inode)
    {
        var handle = await OpenFileAsync(inode, OpenFlags.Read);
        var error = await Volume.FsyncAsync(handle, false);
        await Volume.ReleaseAsync(handle);
        return error;
    }

    public async Task SyncAsync() => Assert.Equal(Errno.Ok, await Volume.SyncAsync());

    public async Task UnlinkAsync(string name, ulong parent = Volume.RootInode) => Assert.Equal(Errno.Ok, await Volume.UnlinkAsync(parent, Name(name)));

    public Task<Errno> RenameAsync(string name, string newName, RenameFlags flags = RenameFlags.None) =>
        RenameAsync(Volume.RootInode, name, Volume.RootInode, newName, flags);

    public async Task<Errno> RenameAsync(ulong parent, string name, ulong newParent, string newName, RenameFlags flags = RenameFlags.None) =>
        await Volume.RenameAsync(parent, Name(name), newParent, Name(newName), flags);

    /// <summary>The inode of a name, 0 where there is none.</summary>
    public ulong Find(string name, ulong parent = Volume.RootInode)
    {
        var found = Volume.Lookup(parent, Name(name).Span);
        return found.IsOk ? found.Value.Inode : 0;
    }

    public FilePlacement Place(ulong inode) => Volume.GetPlacement(inode).Value;

    /// <summary>Files of 1 MiB, f0 and on, with their number as seed, until the volume says that it is full. Returns how many there are.</summary>
    public async Task<int> FillAsync()
    {
        for (var i = 0; ; i++)
        {
            Assert.InRange(i, 0, 1000);
            var inode = await CreateFileAsync($"f{i}");
            var error = await TryWriteAsync(inode, 0, Bytes(1 << 20, i));
            if (error == Errno.Ok) continue;
            Assert.Equal(Errno.ENOSPC, error);
            await UnlinkAsync($"f{i}");
            return i;
        }
    }

    /// <summary>Appends to data zones fail; the zones that superblocks, journal and checkpoints use now go on. For a volume without data.</summary>
    public async Task FailDataAsync(Errno error, Action? tried = null)
    {
        await CreateFileAsync("marker");
        await SyncAsync();
        var used = new HashSet<ZoneId>();
        foreach (var report in await Tlc.ReportZonesAsync(CancellationToken.None))
            if (report.WritePointer > 0) used.Add(report.Zone);
        Tlc.FailsAppend = Fail;
        Qlc.FailsAppend = zone => zone.Index < 2 ? Errno.Ok : Fail(zone);

        Errno Fail(ZoneId zone)
        {
            if (zone.Index < 2 || used.Contains(zone)) return Errno.Ok;
            tried?.Invoke();
            return error;
        }
    }

    public async Task AssertSoundAsync() => Assert.Empty((await Volume.CheckAsync(null, CancellationToken.None)).Damage);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        foreach (var tier in Devices) await ((TestDevice)tier.Device).Inner.DisposeAsync();
    }
}
