using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Devices;

/// <summary>The rules of <see cref="IZonedDevice"/>, as one suite that every device passes.</summary>
public abstract partial class ZonedDeviceConformance : IAsyncLifetime
{
    private IZonedDevice? _device;

    protected IZonedDevice Device => _device!;

    /// <summary>The shape of the device under test. At least 8 zones of at least 8 blocks.</summary>
    protected virtual ZonedGeometry Geometry => new()
    {
        ZoneCount = 12, ZoneSize = 1 << 20, ZoneCapacity = 1 << 20, AppendBytesMax = 1 << 18, Media = MediaKind.Tlc,
    };

    private int Block => Geometry.BlockSize;

    public async Task InitializeAsync() => _device = await CreateAsync(Geometry);

    public virtual async Task DisposeAsync()
    {
        if (_device is not null)
            await _device.DisposeAsync();
    }

    /// <summary>Makes a device of empty zones.</summary>
    protected abstract Task<IZonedDevice> CreateAsync(ZonedGeometry geometry);

    [Fact]
    public async Task States_its_geometry_and_begins_empty()
    {
        Assert.Equal(Geometry, Device.Geometry);
        var reports = await Device.ReportZonesAsync(default);
        Assert.Equal(Geometry.ZoneCount, reports.Count);
        for (var i = 0; i < reports.Count; i++)
            Assert.Equal(new ZoneReport(new ZoneId(i), ZoneCondition.Empty, 0, Geometry.ZoneCapacity, 0), reports[i]);
    }

    [Fact]
    public async Task Appends_land_one_after_the_other_and_read_back()
    {
        var zone = new ZoneId(3);
        using var first = Bytes(Block, 1);
        using var second = Bytes(3 * Block, 2);
        Assert.Equal(new ZoneAddress(zone, 0), await Device.AppendAsync(zone, first.Memory, default));
        Assert.Equal(new ZoneAddress(zone, Block), await Device.AppendAsync(zone, second.Memory, default));
        var report = await ReportAsync(zone);
        Assert.Equal((ZoneCondition.ImplicitlyOpen, 4L * Block), (report.Condition, report.WritePointer));
        AssertSame(first.Memory, await ReadAsync(zone, 0, Block));
        AssertSame(second.Memory, await ReadAsync(zone, Block, 3 * Block));
    }

    [Fact]
    public async Task Neighbouring_zones_do_not_touch_each_other()
    {
        using var data = Bytes(Block, 5);
        await FillAsync(new ZoneId(1), seed: 7);
        await Device.AppendAsync(new ZoneId(0), data.Memory, default);
        await Device.AppendAsync(new ZoneId(2), data.Memory, default);
        await AssertFilledAsync(new ZoneId(1), seed: 7);
        await Device.ResetAsync(new ZoneId(2), default);
        await Device.ResetAsync(new ZoneId(0), default);
        await AssertFilledAsync(new ZoneId(1), seed: 7);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(512)]
    [InlineData(4095)]
    public async Task Memory_of_any_alignment_serves(int shift)
    {
        var zone = new ZoneId(0);
        var length = Math.Min(16 * Block, (int)Geometry.ZoneCapacity / Block * Block);
        length = Math.Min(length, Geometry.AppendBytesMax);
        using var source = Bytes(length + Block, 11);
        var data = source.Memory.Slice(shift, length);
        await Device.AppendAsync(zone, data, default);
        using var target = new AlignedMemory(length + Block);
        await Device.ReadAsync(new ZoneAddress(zone, 0), target.Memory.Slice(shift, length), default);
        AssertSame(data, target.Memory.Slice(shift, length));
        var array = new byte[length];
        await Device.ReadAsync(new ZoneAddress(zone, 0), array, default);
        AssertSame(data, array);
    }

    [Fact]
    public async Task Reads_above_the_pointer_are_zeros()
    {
        var zone = new ZoneId(2);
        using var data = Bytes(2 * Block, 3);
        await Device.AppendAsync(zone, data.Memory, default);
        var across = await ReadAsync(zone, Block, 3 * Block);
        AssertSame(data.Memory[Block..], across[..Block]);
        AssertZeros(across.Span[Block..]);
        AssertZeros((await ReadAsync(zone, Geometry.ZoneCapacity - Block, Block)).Span);
        AssertZeros((await ReadAsync(new ZoneId(5), 0, Block)).Span);
    }

    [Fact]
    public async Task Refuses_what_is_not_whole_blocks()
    {
        var zone = new ZoneId(0);
        using var memory = new AlignedMemory(2 * Block);
        await FailsAsync(Errno.EINVAL, () => Device.AppendAsync(zone, memory.Memory[..512], default));
        await FailsAsync(Errno.EINVAL, () => Device.AppendAsync(zone, memory.Memory[..(Block + 1)], default));
        await FailsAsync(Errno.EINVAL, () => Device.AppendAsync(zone, ReadOnlyMemory<byte>.Empty, default));
        await FailsAsync(Errno.EINVAL, () => Device.ReadAsync(new ZoneAddress(zone, 0), memory.Memory[..100], default));
        await FailsAsync(Errno.EINVAL, () => Device.ReadAsync(new ZoneAddress(zone, 512), memory.Memory[..Block], default));
        Assert.Equal(ZoneCondition.Empty, (await ReportAsync(zone)).Condition);
    }

    [Fact]
    public async Task Refuses_what_is_outside()
    {
        using var memory = new AlignedMemory(2 * Block);
        await FailsAsync(Errno.EIO, () => Device.ReadAsync(new ZoneAddress(new ZoneId(0), Geometry.ZoneCapacity - Block), memory.Memory, default));
        await FailsAsync(Errno.EIO, () => Device.ReadAsync(new ZoneAddress(new ZoneId(0), -Block), memory.Memory, default));
        foreach (var zone in new[] { new ZoneId(-1), new ZoneId(Geometry.ZoneCount), new ZoneId(int.MaxValue) })
        {
            await FailsAsync(Errno.EINVAL, () => Device.ReadAsync(new ZoneAddress(zone, 0), memory.Memory, default));
            await FailsAsync(Errno.EINVAL, () => Device.AppendAsync(zone, memory.Memory, default));
            await FailsAsync(Errno.EINVAL, () => Device.ResetAsync(zone, default));
            await FailsAsync(Errno.EINVAL, () => Device.FinishAsync(zone, default));
        }
    }

    [Fact]
    public async Task Refuses_an_append_over_the_limit()
    {
        using var data = new AlignedMemory(Geometry.AppendBytesMax + Block);
        await FailsAsync(Errno.EINVAL, () => Device.AppendAsync(new ZoneId(0), data.Memory, default));
        Assert.Equal(0, (await ReportAsync(new ZoneId(0))).WritePointer);
    }

    [Fact]
    public async Task A_zone_that_fills_becomes_full_and_takes_no_more()
    {
        var zone = new ZoneId(1);
        await FillAsync(zone, seed: 3);
        var report = await ReportAsync(zone);
        Assert.Equal((ZoneCondition.Full, Geometry.ZoneCapacity), (report.Condition, report.WritePointer));
        using var data = Bytes(Block, 4);
        await FailsAsync(Errno.EIO, () => Device.AppendAsync(zone, data.Memory, default));
        await AssertFilledAsync(zone, seed: 3);
    }

    [Fact]
    public async Task An_append_past_the_capacity_is_refused_whole()
    {
        var zone = new ZoneId(1);
        using var block = Bytes(Block, 4);
        await FillAsync(zone, seed: 3, leave: Block);
        using var two = Bytes(2 * Block, 5);
        await FailsAsync(Errno.EIO, () => Device.AppendAsync(zone, two.Memory, default));
        Assert.Equal(Geometry.ZoneCapacity - Block, (await ReportAsync(zone)).WritePointer);
        await Device.AppendAsync(zone, block.Memory, default);
        Assert.Equal(ZoneCondition.Full, (await ReportAsync(zone)).Condition);
        AssertSame(block.Memory, await ReadAsync(zone, Geometry.ZoneCapacity - Block, Block));
    }

    [Fact]
    public async Task A_finished_zone_is_full_and_its_rest_is_zeros()
    {
        var zone = new ZoneId(4);
        using var data = Bytes(Block, 6);
        await Device.AppendAsync(zone, data.Memory, default);
        await Device.FinishAsync(zone, default);
        await Device.FinishAsync(new ZoneId(5), default);
        await Device.FinishAsync(zone, default);
        foreach (var full in new[] { zone, new ZoneId(5) })
        {
            var report = await ReportAsync(full);
            Assert.Equal((ZoneCondition.Full, Geometry.ZoneCapacity), (report.Condition, report.WritePointer));
            await FailsAsync(Errno.EIO, () => Device.AppendAsync(full, data.Memory, default));
        }
        var read = await ReadAsync(zone, 0, 2 * Block);
        AssertSame(data.Memory, read[..Block]);
        AssertZeros(read.Span[Block..]);
    }

    [Fact]
    public async Task A_reset_empties_the_zone_and_counts()
    {
        var zone = new ZoneId(6);
        for (ulong epoch = 1; epoch <= 3; epoch++)
        {
            await FillAsync(zone, (int)epoch);
            await Device.ResetAsync(zone, default);
            Assert.Equal(new ZoneReport(zone, ZoneCondition.Empty, 0, Geometry.ZoneCapacity, epoch), await ReportAsync(zone));
            AssertZeros((await ReadAsync(zone, 0, 4 * Block)).Span);
        }
        using var data = Bytes(Block, 9);
        Assert.Equal(new ZoneAddress(zone, 0), await Device.AppendAsync(zone, data.Memory, default));
        var read = await ReadAsync(zone, 0, 2 * Block);
        AssertSame(data.Memory, read[..Block]);
        AssertZeros(read.Span[Block..]);
    }

    [Fact]
    public async Task Open_zones_over_the_limit_are_closed_oldest_first()
    {
        await using var device = await CreateAsync(Geometry with { MaxOpenZones = 2, MaxActiveZones = 0 });
        using var data = Bytes(Block, 1);
        foreach (var zone in new[] { 0, 1, 0, 2 })
            await device.AppendAsync(new ZoneId(zone), data.Memory, default);
        var reports = await device.ReportZonesAsync(default);
        Assert.Equal([ZoneCondition.ImplicitlyOpen, ZoneCondition.Closed, ZoneCondition.ImplicitlyOpen], reports.Take(3).Select(r => r.Condition));
        Assert.Equal(new ZoneAddress(new ZoneId(1), Block), await device.AppendAsync(new ZoneId(1), data.Memory, default));
        reports = await device.ReportZonesAsync(default);
        Assert.Equal([ZoneCondition.Closed, ZoneCondition.ImplicitlyOpen, ZoneCondition.ImplicitlyOpen], reports.Take(3).Select(r => r.Condition));
    }

    [Fact]
    public async Task Six_active_zones_are_six()
    {
        await using var device = await CreateAsync(Geometry with { MaxOpenZones = 6, MaxActiveZones = 6 });
        using var data = Bytes(Block, 1);
        for (var zone = 0; zone < 6; zone++)
            await device.AppendAsync(new ZoneId(zone), data.Memory, default);
        await FailsAsync(Errno.EOVERFLOW, () => device.AppendAsync(new ZoneId(6), data.Memory, default));
        await device.AppendAsync(new ZoneId(0), data.Memory, default);
        await device.FinishAsync(new ZoneId(0), default);
        await device.AppendAsync(new ZoneId(6), data.Memory, default);
        await FailsAsync(Errno.EOVERFLOW, () => device.AppendAsync(new ZoneId(7), data.Memory, default));
        await device.ResetAsync(new ZoneId(3), default);
        await device.AppendAsync(new ZoneId(7), data.Memory, default);
        await FailsAsync(Errno.EOVERFLOW, () => device.AppendAsync(new ZoneId(3), data.Memory, default));
    }

    [Fact]
    public async Task A_closed_zone_stays_active_and_a_full_one_does_not()
    {
        await using var device = await CreateAsync(Geometry with { MaxOpenZones = 1, MaxActiveZones = 2 });
        using var data = Bytes(Block, 1);
        await device.AppendAsync(new ZoneId(0), data.Memory, default);
        await device.AppendAsync(new ZoneId(1), data.Memory, default);
        await FailsAsync(Errno.EOVERFLOW, () => device.AppendAsync(new ZoneId(2), data.Memory, default));
        await FillAsync(device, new ZoneId(0), seed: 1, from: Block);
        await device.AppendAsync(new ZoneId(2), data.Memory, default);
        Assert.Equal(new ZoneAddress(new ZoneId(1), Block), await device.AppendAsync(new ZoneId(1), data.Memory, default));
    }

    [Fact]
    public async Task A_flush_without_changes_and_after_each_kind_of_change_succeeds()
    {
        await Device.FlushAsync(default);
        using var data = Bytes(Block, 1);
        await Device.AppendAsync(new ZoneId(0), data.Memory, default);
        await Device.FlushAsync(default);
        await Device.FinishAsync(new ZoneId(0), default);
        await Device.FlushAsync(default);
        await Device.ResetAsync(new ZoneId(0), default);
        await Device.FlushAsync(default);
        await Device.FlushAsync(default);
        Assert.Equal(1UL, (await ReportAsync(new ZoneId(0))).Epoch);
    }

    [Fact]
    public async Task A_cancelled_call_does_nothing()
    {
        using var data = Bytes(Block, 1);
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Device.AppendAsync(new ZoneId(0), data.Memory, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Device.ResetAsync(new ZoneId(0), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Device.ReadAsync(default, data.Memory, cancelled));
        Assert.Equal(new ZoneReport(new ZoneId(0), ZoneCondition.Empty, 0, Geometry.ZoneCapacity, 0), await ReportAsync(new ZoneId(0)));
    }

    [Fact]
    public async Task A_closed_device_refuses_and_closes_twice()
    {
        var device = await CreateAsync(Geometry);
        await device.DisposeAsync();
        await device.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await device.FlushAsync(default));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await device.ReadAsync(default, new byte[Block], default));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await device.AppendAsync(default, new byte[Block], default));
    }

    [Fact]
    public async Task Threads_with_a_zone_each_do_not_disturb_each_other()
    {
        await using var device = await CreateAsync(Geometry with { MaxOpenZones = 2 });
        var workers = Enumerable.Range(0, 6).Select(zone => Task.Run(async () =>
        {
            for (var round = 0; round < 3; round++)
            {
                await FillAsync(device, new ZoneId(zone), seed: zone + 10 * round);
                await device.FlushAsync(default);
                await AssertFilledAsync(device, new ZoneId(zone), seed: zone + 10 * round);
                await device.ResetAsync(new ZoneId(zone), default);
            }
        }));
        await Task.WhenAll(workers);
        Assert.All(await device.ReportZonesAsync(default), report => Assert.Equal(ZoneCondition.Empty, report.Condition));
    }

    [Fact]
    public async Task Reads_and_appends_of_aligned_memory_allocate_nothing()
    {
        using var data = Bytes(Block, 1);
        var zone = new ZoneId(0);
        long before = 0;
        for (var i = 0; i < 8; i++)
        {
            // The first rounds load and compile what they call, which allocates.
            if (i == 4)
                before = GC.GetAllocatedBytesForCurrentThread();
            await Device.AppendAsync(zone, data.Memory, default);
            await Device.ReadAsync(new ZoneAddress(zone, 0), data.Memory, default);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    protected static async Task FailsAsync(Errno expected, Func<ValueTask> operation)
    {
        var failure = await Assert.ThrowsAsync<DeviceException>(async () => await operation());
        Assert.Equal(expected, failure.Error);
        Assert.NotEmpty(failure.Message);
    }

    protected static Task FailsAsync(Errno expected, Func<ValueTask<ZoneAddress>> operation) =>
        FailsAsync(expected, async ValueTask () => await operation());

    protected static AlignedMemory Bytes(int length, int seed)
    {
        var memory = new AlignedMemory(length);
        new Random(seed).NextBytes(memory.GetSpan());
        return memory;
    }

    protected static async Task<ReadOnlyMemory<byte>> ReadAsync(IZonedDevice device, ZoneId zone, long offset, int length)
    {
        var into = new byte[length];
        Array.Fill(into, (byte)0xEE);
        await device.ReadAsync(new ZoneAddress(zone, offset), into, default);
        return into;
    }

    protected static void AssertSame(ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> actual) => Assert.Equal(expected.Span, actual.Span);

    protected static void AssertZeros(ReadOnlySpan<byte> bytes) => Assert.False(bytes.ContainsAnyExcept((byte)0), "a byte that should be zero is not");

    /// <summary>Fills the zone with bytes that depend on seed and place.</summary>
    protected static async Task FillAsync(IZonedDevice device, ZoneId zone, int seed, long from = 0, long leave = 0)
    {
        var step = device.Geometry.AppendBytesMax;
        using var data = new AlignedMemory(step);
        for (var at = from; at < device.Geometry.ZoneCapacity - leave; at += step)
        {
            var length = (int)Math.Min(step, device.Geometry.ZoneCapacity - leave - at);
            new Random(HashCode(seed, at)).NextBytes(data.GetSpan()[..length]);
            Assert.Equal(new ZoneAddress(zone, at), await device.AppendAsync(zone, data.Memory[..length], default));
        }
    }

    protected static async Task AssertFilledAsync(IZonedDevice device, ZoneId zone, int seed)
    {
        var step = device.Geometry.AppendBytesMax;
        for (long at = 0; at < device.Geometry.ZoneCapacity; at += step)
        {
            var expected = new byte[(int)Math.Min(step, device.Geometry.ZoneCapacity - at)];
            new Random(HashCode(seed, at)).NextBytes(expected);
            AssertSame(expected, await ReadAsync(device, zone, at, expected.Length));
        }
    }

    protected async Task<ZoneReport> ReportAsync(ZoneId zone) => (await Device.ReportZonesAsync(default))[zone.Index];

    private static int HashCode(int seed, long at) => seed * 7919 + (int)(at >> 12);

    private Task<ReadOnlyMemory<byte>> ReadAsync(ZoneId zone, long offset, int length) => ReadAsync(Device, zone, offset, length);

    private Task FillAsync(ZoneId zone, int seed, long leave = 0) => FillAsync(Device, zone, seed, leave: leave);

    private Task AssertFilledAsync(ZoneId zone, int seed) => AssertFilledAsync(Device, zone, seed);
}
