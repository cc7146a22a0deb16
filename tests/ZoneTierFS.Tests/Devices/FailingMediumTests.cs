using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Devices;

/// <summary>What the rules make of a medium that fails, and of a caller that breaks them.</summary>
public sealed class FailingMediumTests
{
    private static readonly ZonedGeometry Geometry = new() { ZoneCount = 4, ZoneSize = 1 << 20, ZoneCapacity = 1 << 20, MaxOpenZones = 1, MaxActiveZones = 2 };
    private static readonly byte[] Block = new byte[4096];

    [Fact]
    public async Task A_failed_append_leaves_the_pointer_and_takes_no_active_zone()
    {
        await using var device = new FailingDevice();
        await device.AppendAsync(new ZoneId(0), Block, default);
        device.OnWrite = () => throw new DeviceException(Errno.ENOSPC, "The host is full.");
        for (var zone = 0; zone < 4; zone++)
        {
            var append = device.AppendAsync(new ZoneId(zone), Block, default);
            Assert.Equal(Errno.ENOSPC, (await Assert.ThrowsAsync<DeviceException>(async () => await append)).Error);
        }
        device.OnWrite = null;
        var reports = await device.ReportZonesAsync(default);
        Assert.Equal([4096L, 0, 0, 0], reports.Select(report => report.WritePointer));
        Assert.All(reports.Skip(1), report => Assert.Equal(ZoneCondition.Empty, report.Condition));
        Assert.Equal(new ZoneAddress(new ZoneId(0), 4096), await device.AppendAsync(new ZoneId(0), Block, default));
        Assert.Equal(new ZoneAddress(new ZoneId(1), 0), await device.AppendAsync(new ZoneId(1), Block, default));
    }

    [Fact]
    public async Task A_failed_reset_leaves_the_zone_as_it_was()
    {
        await using var device = new FailingDevice();
        await device.AppendAsync(new ZoneId(0), Block, default);
        device.OnDiscard = () => throw new DeviceException(Errno.EIO, "No.");
        await Assert.ThrowsAsync<DeviceException>(async () => await device.ResetAsync(new ZoneId(0), default));
        var report = (await device.ReportZonesAsync(default))[0];
        Assert.Equal((4096L, 0UL), (report.WritePointer, report.Epoch));
        device.OnDiscard = null;
        await device.ResetAsync(new ZoneId(0), default);
        Assert.Equal(1UL, (await device.ReportZonesAsync(default))[0].Epoch);
    }

    [Fact]
    public async Task A_second_change_of_a_zone_during_the_first_is_refused()
    {
        await using var device = new FailingDevice();
        var refused = 0;
        device.OnWrite = () =>
        {
            Assert.Throws<InvalidOperationException>(() => { _ = device.AppendAsync(new ZoneId(0), Block, default).AsTask(); });
            Assert.Throws<InvalidOperationException>(() => { _ = device.ResetAsync(new ZoneId(0), default).AsTask(); });
            Assert.Throws<InvalidOperationException>(() => { _ = device.FinishAsync(new ZoneId(0), default).AsTask(); });
            refused += 3;
        };
        await device.AppendAsync(new ZoneId(0), Block, default);
        Assert.Equal(3, refused);
        Assert.Equal(4096, (await device.ReportZonesAsync(default))[0].WritePointer);
    }

    [Fact]
    public async Task The_open_limit_never_stops_appends_that_run_side_by_side()
    {
        await using var device = new FailingDevice();
        device.OnWrite = () =>
        {
            device.OnWrite = null;
            Assert.True(device.AppendAsync(new ZoneId(1), Block, default).AsTask().IsCompletedSuccessfully);
        };
        await device.AppendAsync(new ZoneId(0), Block, default);
        var reports = await device.ReportZonesAsync(default);
        Assert.Equal((ZoneCondition.Closed, 4096L), (reports[0].Condition, reports[0].WritePointer));
        Assert.Equal((ZoneCondition.ImplicitlyOpen, 4096L), (reports[1].Condition, reports[1].WritePointer));
    }

    private sealed class FailingDevice() : VirtualZonedDevice(new ZoneTable(FailingMediumTests.Geometry, groupSize: 4), readOnly: false)
    {
        public Action? OnWrite { get; set; }

        public Action? OnDiscard { get; set; }

        private protected override void ReadMedium(ZoneId zone, long offset, Span<byte> into) => into.Clear();

        private protected override void WriteMedium(ZoneId zone, long offset, ReadOnlySpan<byte> data) => OnWrite?.Invoke();

        private protected override void DiscardMedium(ZoneId zone, long offset) => OnDiscard?.Invoke();

        private protected override void Flush()
        {
        }

        private protected override void Close()
        {
        }
    }
}
