using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Devices;

public abstract partial class ZonedDeviceConformance
{
    private const int RandomZones = 5;

    /// <summary>Closes the device without a flush and opens it again; a device that outlives nothing returns null.</summary>
    protected virtual Task<IZonedDevice?> ReopenAsync(IZonedDevice device) => Task.FromResult<IZonedDevice?>(null);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_operations_agree_with_a_model(int seed)
    {
        var random = new Random(seed);
        var geometry = Geometry with { MaxOpenZones = 3, MaxActiveZones = 6 };
        var device = await CreateAsync(geometry);
        try
        {
            var zones = Enumerable.Range(0, RandomZones).Select(_ => new ZoneModel()).ToArray();
            for (var step = 0; step < 250; step++)
            {
                if (random.Next(40) == 0 && await ReopenAsync(device) is { } reopened)
                {
                    device = reopened;
                    Array.ForEach(zones, zone => zone.LoseUnflushed());
                }
                else
                {
                    await StepAsync(device, zones, random);
                }
                await AssertAgreesAsync(device, zones);
            }
        }
        finally
        {
            await device.DisposeAsync();
        }
    }

    private static async Task StepAsync(IZonedDevice device, ZoneModel[] zones, Random random)
    {
        var id = new ZoneId(random.Next(zones.Length));
        var zone = zones[id.Index];
        switch (random.Next(20))
        {
            case 0:
                await device.FinishAsync(id, default);
                zone.Full = true;
                break;
            case 1 or 2:
                await device.ResetAsync(id, default);
                zone.Reset();
                break;
            case 3 or 4:
                await device.FlushAsync(default);
                Array.ForEach(zones, each => each.Flush());
                break;
            default:
                await AppendAsync(device, id, zone, random);
                break;
        }
    }

    private static async Task AppendAsync(IZonedDevice device, ZoneId id, ZoneModel zone, Random random)
    {
        var geometry = device.Geometry;
        var length = geometry.BlockSize * random.Next(1, geometry.AppendBytesMax / geometry.BlockSize + 1);
        using var data = Bytes(length, random.Next());
        if (zone.Full || zone.Bytes.Count + length > geometry.ZoneCapacity)
        {
            await FailsAsync(Errno.EIO, () => device.AppendAsync(id, data.Memory, default));
            return;
        }
        Assert.Equal(new ZoneAddress(id, zone.Bytes.Count), await device.AppendAsync(id, data.Memory, default));
        zone.Bytes.AddRange(data.GetSpan());
        zone.Full = zone.Bytes.Count == geometry.ZoneCapacity;
    }

    private static async Task AssertAgreesAsync(IZonedDevice device, ZoneModel[] zones)
    {
        var reports = await device.ReportZonesAsync(default);
        for (var i = 0; i < zones.Length; i++)
        {
            Assert.Equal((zones[i].Pointer(device.Geometry), zones[i].Epoch), (reports[i].WritePointer, reports[i].Epoch));
            var read = await ReadAsync(device, new ZoneId(i), 0, (int)device.Geometry.ZoneCapacity);
            if (zones[i].BytesAreKnown)
                AssertSame(zones[i].Bytes.ToArray(), read[..zones[i].Bytes.Count]);
            AssertZeros(read.Span[zones[i].Bytes.Count..]);
        }
    }
}
