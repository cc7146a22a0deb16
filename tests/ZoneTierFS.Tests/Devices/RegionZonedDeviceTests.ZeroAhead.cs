using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using ZoneTierFS.Devices;

namespace ZoneTierFS.Tests.Devices;

public partial class RegionZonedDeviceTests
{
    [Fact]
    public async Task Zeros_ahead_of_small_flushed_appends_are_never_seen_and_never_cover_data()
    {
        var path = NewPath();
        using var block = Bytes(4096, 5);
        using var large = Bytes(16 * 4096, 6);
        await using (var device = await RegionZonedDevice.CreateAsync(path, Geometry, overwrite: false, NullLogger.Instance))
        {
            for (var i = 0; i < 3; i++)
            {
                await device.AppendAsync(new ZoneId(1), block.Memory, default);
                await device.FlushAsync(default);
            }
            // Over the zeros, and then another small one right behind it.
            await device.AppendAsync(new ZoneId(1), large.Memory, default);
            await device.AppendAsync(new ZoneId(1), block.Memory, default);
            await device.FlushAsync(default);
            await device.AppendAsync(new ZoneId(1), block.Memory, default);
        }
        await using var again = await OpenAsync(path);
        Assert.Equal(20 * 4096, (await again.ReportZonesAsync(default))[1].WritePointer);
        for (var i = 0; i < 3; i++) AssertSame(block.Memory, await ReadAsync(again, new ZoneId(1), i * 4096, 4096));
        AssertSame(large.Memory, await ReadAsync(again, new ZoneId(1), 3 * 4096, 16 * 4096));
        AssertSame(block.Memory, await ReadAsync(again, new ZoneId(1), 19 * 4096, 4096));
        AssertZeros((await ReadAsync(again, new ZoneId(1), 20 * 4096, 4096)).Span);
    }
}
