using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Devices;

namespace ZoneTierFS.Benchmarks.Devices;

/// <summary>Virtual zones in an image file, filled one after the other.</summary>
internal sealed class RegionStore : RawStore
{
    private const long ZoneBytes = 32 << 20;

    private readonly RegionZonedDevice _device;
    private long _end;

    private RegionStore(RegionZonedDevice device) => _device = device;

    /// <param name="bytes">What will be appended at most.</param>
    public static async Task<RegionStore> CreateAsync(string path, long bytes)
    {
        ZonedGeometry geometry = new() { ZoneCount = (int)(bytes / ZoneBytes) + 1, ZoneSize = ZoneBytes, ZoneCapacity = ZoneBytes, Media = MediaKind.Tlc };
        return new(await RegionZonedDevice.CreateAsync(path, geometry, overwrite: true, NullLogger.Instance));
    }

    public override async ValueTask AppendAsync(ReadOnlyMemory<byte> data)
    {
        await _device.AppendAsync(AddressOf(_end).Zone, data, CancellationToken.None);
        _end += data.Length;
    }

    public override ValueTask FlushAsync() => _device.FlushAsync(CancellationToken.None);

    public override ValueTask ReadAsync(long offset, Memory<byte> into) => _device.ReadAsync(AddressOf(offset), into, CancellationToken.None);

    public override ValueTask DisposeAsync() => _device.DisposeAsync();

    private static ZoneAddress AddressOf(long offset) => new(new ZoneId((int)(offset / ZoneBytes)), offset % ZoneBytes);
}
