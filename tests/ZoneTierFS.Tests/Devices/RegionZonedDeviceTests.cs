using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Devices;

/// <summary>What a region image adds to the rules: it is a file, and it remembers.</summary>
public partial class RegionZonedDeviceTests : ZonedDeviceConformance
{
    private const long TableOffset = 8192;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ztfs-region-");
    private readonly Dictionary<Guid, string> _paths = [];
    private int _images;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task What_was_flushed_is_there_after_reopening()
    {
        var path = await MakeAsync(async device =>
        {
            using var block = Bytes(4096, 5);
            await FillAsync(device, new ZoneId(0), seed: 1);
            await FillAsync(device, new ZoneId(1), seed: 2);
            await device.AppendAsync(new ZoneId(2), block.Memory, default);
            await device.AppendAsync(new ZoneId(3), block.Memory, default);
            await device.FinishAsync(new ZoneId(3), default);
            await device.ResetAsync(new ZoneId(1), default);
            await device.FlushAsync(default);
        });
        await using var device = await OpenAsync(path);
        Assert.Equal(Geometry, device.Geometry);
        var reports = await device.ReportZonesAsync(default);
        var capacity = Geometry.ZoneCapacity;
        Assert.Equal(new ZoneReport(new ZoneId(0), ZoneCondition.Full, capacity, capacity, 0), reports[0]);
        Assert.Equal(new ZoneReport(new ZoneId(1), ZoneCondition.Empty, 0, capacity, 1), reports[1]);
        Assert.Equal(new ZoneReport(new ZoneId(2), ZoneCondition.Closed, 4096, capacity, 0), reports[2]);
        Assert.Equal(new ZoneReport(new ZoneId(3), ZoneCondition.Full, capacity, capacity, 0), reports[3]);
        await AssertFilledAsync(device, new ZoneId(0), seed: 1);
        using var written = Bytes(4096, 5);
        foreach (var zone in new[] { new ZoneId(2), new ZoneId(3) })
        {
            AssertSame(written.Memory, await ReadAsync(device, zone, 0, 4096));
            AssertZeros((await ReadAsync(device, zone, 4096, 8192)).Span);
        }
        Assert.Equal(new ZoneAddress(new ZoneId(2), 4096), await device.AppendAsync(new ZoneId(2), written.Memory, default));
    }

    [Fact]
    public async Task What_was_not_flushed_is_not_believed()
    {
        var path = await MakeAsync(async device =>
        {
            using var block = Bytes(4096, 5);
            await device.AppendAsync(new ZoneId(1), block.Memory, default);
            await device.FlushAsync(default);
            await device.AppendAsync(new ZoneId(1), block.Memory, default);
            await device.AppendAsync(new ZoneId(2), block.Memory, default);
        });
        await using var device = await OpenAsync(path);
        Assert.Equal(4096, (await device.ReportZonesAsync(default))[1].WritePointer);
        AssertZeros((await ReadAsync(device, new ZoneId(1), 4096, 4096)).Span);
        AssertZeros((await ReadAsync(device, new ZoneId(2), 0, 4096)).Span);
        using var other = Bytes(4096, 6);
        Assert.Equal(new ZoneAddress(new ZoneId(1), 4096), await device.AppendAsync(new ZoneId(1), other.Memory, default));
        AssertSame(other.Memory, await ReadAsync(device, new ZoneId(1), 4096, 4096));
    }

    [Fact]
    public async Task Active_zones_count_again_after_reopening()
    {
        var path = NewPath();
        var geometry = Geometry with { MaxOpenZones = 6, MaxActiveZones = 6 };
        using var block = Bytes(4096, 1);
        await using (var device = await RegionZonedDevice.CreateAsync(path, geometry, overwrite: false, NullLogger.Instance))
        {
            for (var zone = 0; zone < 6; zone++)
                await device.AppendAsync(new ZoneId(zone), block.Memory, default);
            await device.FlushAsync(default);
        }
        await using var again = await OpenAsync(path);
        await FailsAsync(Errno.EOVERFLOW, () => again.AppendAsync(new ZoneId(6), block.Memory, default));
        await again.AppendAsync(new ZoneId(5), block.Memory, default);
    }

    [Fact]
    public async Task A_torn_copy_of_the_table_leaves_the_other()
    {
        for (var torn = 0; torn < 2; torn++)
        {
            var path = await MakeAsync(async device =>
            {
                using var block = Bytes(4096, 5);
                for (var i = 0; i < 2; i++)
                {
                    await device.AppendAsync(new ZoneId(0), block.Memory, default);
                    await device.FlushAsync(default);
                }
            });
            Damage(path, TableOffset + torn * 4096 + 40);
            await using var device = await OpenAsync(path);
            // A new table's second copy is the newer one: the two flushes went to the first and then the second copy.
            Assert.Equal(torn == 0 ? 8192 : 4096, (await device.ReportZonesAsync(default))[0].WritePointer);
        }
    }

    [Fact]
    public async Task A_flush_heals_a_torn_copy()
    {
        var path = await MakeAsync(_ => Task.CompletedTask);
        Damage(path, TableOffset + 4096 + 40);
        using var block = Bytes(4096, 5);
        await using (var device = await OpenAsync(path))
        {
            await device.AppendAsync(new ZoneId(0), block.Memory, default);
            await device.FlushAsync(default);
        }
        Damage(path, TableOffset + 40);
        await using var again = await OpenAsync(path);
        Assert.Equal(4096, (await again.ReportZonesAsync(default))[0].WritePointer);
    }

    [Fact]
    public async Task Two_torn_copies_of_the_table_are_said()
    {
        var path = await MakeAsync(_ => Task.CompletedTask);
        Damage(path, TableOffset + 40);
        Damage(path, TableOffset + 4096 + 4000);
        var failure = await Assert.ThrowsAsync<DeviceException>(() => OpenAsync(path));
        Assert.Equal(Errno.EIO, failure.Error);
        Assert.Contains("zone table", failure.Message, StringComparison.Ordinal);
        await using var made = await RegionZonedDevice.CreateAsync(path, Geometry, overwrite: true, NullLogger.Instance);
        Assert.Equal(Geometry, made.Geometry);
    }

    [Fact]
    public async Task Either_copy_of_the_header_will_do()
    {
        var path = await MakeAsync(_ => Task.CompletedTask);
        Damage(path, 0);
        await (await OpenAsync(path)).DisposeAsync();
        Damage(path, 0);
        Damage(path, 4096 + 33);
        await (await OpenAsync(path)).DisposeAsync();
        Damage(path, 40);
        Assert.Equal(RegionContent.DamagedImage, RegionZonedDevice.Probe(path).Content);
        Assert.Equal(Errno.EIO, (await Assert.ThrowsAsync<DeviceException>(() => OpenAsync(path))).Error);
    }

    [Fact]
    public async Task A_cut_image_is_said()
    {
        var path = await MakeAsync(_ => Task.CompletedTask);
        using (var file = File.OpenWrite(path))
            file.SetLength(file.Length - 1);
        var failure = await Assert.ThrowsAsync<DeviceException>(() => OpenAsync(path));
        Assert.Equal(Errno.EIO, failure.Error);
        Assert.Contains("cut", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_one_may_write()
    {
        var path = NewPath();
        await using (await RegionZonedDevice.CreateAsync(path, Geometry, overwrite: false, NullLogger.Instance))
        {
            foreach (var readOnly in new[] { false, true })
            {
                var failure = await Assert.ThrowsAsync<DeviceException>(() => RegionZonedDevice.OpenAsync(path, readOnly, NullLogger.Instance));
                Assert.Equal(Errno.EBUSY, failure.Error);
                Assert.Contains("in use by another process", failure.Message, StringComparison.Ordinal);
            }
            var overwriting = () => RegionZonedDevice.CreateAsync(path, Geometry, overwrite: true, NullLogger.Instance);
            Assert.Equal(Errno.EBUSY, (await Assert.ThrowsAsync<DeviceException>(overwriting)).Error);
        }
        await (await OpenAsync(path)).DisposeAsync();
    }

    [Fact]
    public async Task Readers_share_and_change_nothing()
    {
        var path = await MakeAsync(async device =>
        {
            await FillAsync(device, new ZoneId(0), seed: 1);
            await device.FlushAsync(default);
        });
        var before = File.ReadAllBytes(path);
        await using (var one = await RegionZonedDevice.OpenAsync(path, readOnly: true, NullLogger.Instance))
        await using (var two = await RegionZonedDevice.OpenAsync(path, readOnly: true, NullLogger.Instance))
        {
            using var block = Bytes(4096, 1);
            await AssertFilledAsync(two, new ZoneId(0), seed: 1);
            await FailsAsync(Errno.EROFS, () => one.AppendAsync(new ZoneId(1), block.Memory, default));
            await FailsAsync(Errno.EROFS, () => one.ResetAsync(new ZoneId(0), default));
            await FailsAsync(Errno.EROFS, () => one.FinishAsync(new ZoneId(1), default));
            await one.FlushAsync(default);
            Assert.Equal(Errno.EBUSY, (await Assert.ThrowsAsync<DeviceException>(() => OpenAsync(path))).Error);
        }
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task A_reset_gives_the_space_back()
    {
        var path = NewPath();
        await using var device = await RegionZonedDevice.CreateAsync(path, Geometry, overwrite: false, NullLogger.Instance);
        var empty = AllocatedBytes(path);
        Assert.True(empty < Geometry.ZoneCapacity, $"a new image takes {empty} bytes");
        await FillAsync(device, new ZoneId(2), seed: 1);
        await device.FlushAsync(default);
        Assert.True(AllocatedBytes(path) >= empty + Geometry.ZoneCapacity);
        await device.ResetAsync(new ZoneId(2), default);
        await device.FlushAsync(default);
        Assert.True(AllocatedBytes(path) <= empty + 65536, $"{AllocatedBytes(path)} bytes are still taken, {empty} were at first");
    }

    [Fact]
    public async Task A_finished_zone_keeps_no_more_space_than_it_wrote()
    {
        var path = NewPath();
        await using var device = await RegionZonedDevice.CreateAsync(path, Geometry, overwrite: false, NullLogger.Instance);
        var empty = AllocatedBytes(path);
        using var block = Bytes(4096, 1);
        await device.AppendAsync(new ZoneId(1), block.Memory, default);
        await device.FinishAsync(new ZoneId(1), default);
        await device.FlushAsync(default);
        Assert.True(AllocatedBytes(path) <= empty + 65536, $"{AllocatedBytes(path)} bytes are taken, {empty} were at first");
        AssertSame(block.Memory, await ReadAsync(device, new ZoneId(1), 0, 4096));
    }

    [Fact]
    public async Task Concurrent_flushes_each_cover_what_came_before_them()
    {
        var path = NewPath();
        await using (var device = await RegionZonedDevice.CreateAsync(path, Geometry with { MaxOpenZones = 0, MaxActiveZones = 0 }, false, NullLogger.Instance))
        {
            var workers = Enumerable.Range(0, 8).Select(zone => Task.Run(async () =>
            {
                using var block = Bytes(4096, zone);
                for (var i = 1; i <= 5; i++)
                {
                    await device.AppendAsync(new ZoneId(zone), block.Memory, default);
                    await device.FlushAsync(default);
                    // Read from the image itself: the flush that has just returned must have stored this zone's pointer in one of the two copies.
                    Assert.True(Math.Max(StoredPointer(path, zone, 0), StoredPointer(path, zone, 1)) >= i * 4096L);
                }
            }));
            await Task.WhenAll(workers);
        }
        await using var again = await OpenAsync(path);
        Assert.All((await again.ReportZonesAsync(default)).Take(8), report => Assert.Equal(5 * 4096, report.WritePointer));
    }

    [Fact]
    public async Task Probing_says_what_is_there()
    {
        var path = await MakeAsync(_ => Task.CompletedTask);
        var probe = RegionZonedDevice.Probe(path);
        Assert.Equal(RegionContent.Image, probe.Content);
        Assert.Contains($"({Geometry.ZoneCount} zones of {Geometry.ZoneSize} bytes,", probe.Description, StringComparison.Ordinal);
        await using (var device = await OpenAsync(path))
            Assert.Contains($"{device.Uuid}", probe.Description, StringComparison.Ordinal);
        Assert.Equal(RegionContent.Nothing, RegionZonedDevice.Probe(NewPath()).Content);
        Assert.Equal(RegionContent.NotAFile, RegionZonedDevice.Probe(_directory.FullName).Content);
        foreach (var (length, expected) in new[] { (0, RegionContent.Nothing), (10, RegionContent.OtherData), (100_000, RegionContent.OtherData) })
        {
            var other = NewPath();
            await File.WriteAllBytesAsync(other, Enumerable.Repeat((byte)7, length).ToArray());
            Assert.Equal(expected, RegionZonedDevice.Probe(other).Content);
        }
        Renumber(path, version: 2);
        Assert.Equal(RegionContent.NewerImage, RegionZonedDevice.Probe(path).Content);
        var failure = await Assert.ThrowsAsync<DeviceException>(() => OpenAsync(path));
        Assert.Equal(Errno.EINVAL, failure.Error);
        Assert.Contains("later format", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Creating_destroys_only_when_told_to()
    {
        var path = NewPath();
        await File.WriteAllTextAsync(path, "precious");
        var failure = await Assert.ThrowsAsync<DeviceException>(() => RegionZonedDevice.CreateAsync(path, Geometry, false, NullLogger.Instance));
        Assert.Equal(Errno.EEXIST, failure.Error);
        Assert.Equal("precious", await File.ReadAllTextAsync(path));
        var first = await RegionZonedDevice.CreateAsync(path, Geometry, overwrite: true, NullLogger.Instance);
        var uuid = first.Uuid;
        await FillAsync(first, new ZoneId(0), seed: 1);
        await first.FlushAsync(default);
        await first.DisposeAsync();
        await Assert.ThrowsAsync<DeviceException>(() => RegionZonedDevice.CreateAsync(path, Geometry, false, NullLogger.Instance));
        await using var second = await RegionZonedDevice.CreateAsync(path, Geometry, overwrite: true, NullLogger.Instance);
        Assert.NotEqual(uuid, second.Uuid);
        Assert.All(await second.ReportZonesAsync(default), report => Assert.Equal(ZoneCondition.Empty, report.Condition));
    }

    [Fact]
    public async Task Failures_to_create_or_open_have_their_own_errors()
    {
        foreach (var geometry in ImpossibleGeometries.All)
        {
            var impossible = NewPath();
            var failure = await Assert.ThrowsAsync<DeviceException>(() => RegionZonedDevice.CreateAsync(impossible, geometry, false, NullLogger.Instance));
            Assert.Equal(Errno.EINVAL, failure.Error);
            Assert.False(File.Exists(impossible));
        }
        Assert.Equal(Errno.ENOENT, (await Assert.ThrowsAsync<DeviceException>(() => OpenAsync(NewPath()))).Error);
        var nowhere = Path.Combine(_directory.FullName, "missing", "image");
        var creating = () => RegionZonedDevice.CreateAsync(nowhere, Geometry, false, NullLogger.Instance);
        Assert.Equal(Errno.ENOENT, (await Assert.ThrowsAsync<DeviceException>(creating)).Error);
        var tooLarge = Geometry with { ZoneCount = 1 << 20, ZoneSize = 1L << 40, ZoneCapacity = 1 << 20 };
        var path = NewPath();
        var refusal = await Assert.ThrowsAsync<DeviceException>(() => RegionZonedDevice.CreateAsync(path, tooLarge, false, NullLogger.Instance));
        Assert.Equal(Errno.EFBIG, refusal.Error);
        Assert.Equal(0, new FileInfo(path).Length);
    }

    protected override async Task<IZonedDevice> CreateAsync(ZonedGeometry geometry)
    {
        var path = NewPath();
        var device = await RegionZonedDevice.CreateAsync(path, geometry, overwrite: false, NullLogger.Instance);
        _paths[device.Uuid] = path;
        return device;
    }

    protected override async Task<IZonedDevice?> ReopenAsync(IZonedDevice device)
    {
        await device.DisposeAsync();
        return await OpenAsync(_paths[((RegionZonedDevice)device).Uuid]);
    }

    private static Task<RegionZonedDevice> OpenAsync(string path) => RegionZonedDevice.OpenAsync(path, readOnly: false, NullLogger.Instance);

    private static void Damage(string path, long at)
    {
        using var file = File.Open(path, System.IO.FileMode.Open);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 0x5A));
    }

    private static void Renumber(string path, byte version)
    {
        var head = File.ReadAllBytes(path).AsSpan(0, 4096).ToArray();
        head[8] = version;
        head.AsSpan(12, 4).Clear();
        BitConverter.TryWriteBytes(head.AsSpan(12), Crc32C.Compute(head));
        using var file = File.OpenWrite(path);
        file.Write(head);
        file.Write(head);
    }

    private static long StoredPointer(string path, int zone, int copy)
    {
        using var file = NativeFile.Open(path, LibC.O_RDONLY).Value;
        var pointer = new byte[8];
        Assert.Equal(8, file.ReadAt(pointer, TableOffset + (zone / 127 * 2 + copy) * 4096 + 32 + zone % 127 * 32).Value);
        return BitConverter.ToInt64(pointer);
    }

    private static long AllocatedBytes(string path)
    {
        using var file = NativeFile.Open(path, LibC.O_RDONLY).Value;
        return (long)file.GetStatus().Value.Blocks * 512;
    }

    private string NewPath() => Path.Combine(_directory.FullName, $"image{Interlocked.Increment(ref _images)}");

    /// <summary>Makes an image, does something with it, and closes it without a further flush.</summary>
    private async Task<string> MakeAsync(Func<IZonedDevice, Task> use)
    {
        var path = NewPath();
        await using var device = await RegionZonedDevice.CreateAsync(path, Geometry, overwrite: false, NullLogger.Instance);
        await use(device);
        return path;
    }
}
