using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Devices;

public class MemoryZonedDeviceTests : ZonedDeviceConformance
{
    [Fact]
    public void Refuses_an_impossible_geometry()
    {
        foreach (var geometry in ImpossibleGeometries.All)
            Assert.Equal(Errno.EINVAL, Assert.Throws<DeviceException>(() => new MemoryZonedDevice(geometry)).Error);
    }

    [Fact]
    public async Task A_device_larger_than_memory_takes_only_what_is_written()
    {
        await using var device = new MemoryZonedDevice(new ZonedGeometry { ZoneCount = 4096, ZoneSize = 1L << 30, ZoneCapacity = 1L << 30 });
        using var data = Bytes(4096, 1);
        await device.AppendAsync(new ZoneId(4095), data.Memory, default);
        AssertSame(data.Memory, await ReadAsync(device, new ZoneId(4095), 0, 4096));
    }

    protected override Task<IZonedDevice> CreateAsync(ZonedGeometry geometry) => Task.FromResult<IZonedDevice>(new MemoryZonedDevice(geometry));
}
