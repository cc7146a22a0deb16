using ZoneTierFS.Devices;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>The devices of a volume at one moment.</summary>
internal sealed class Image
{
    private static readonly string[] s_tiers = ["tlc", "qlc", "plc"];

    private Image(ImageDevice[] devices) => Devices = devices;

    /// <summary>Empty devices.</summary>
    public Image(IEnumerable<ZonedGeometry> geometries) : this([.. geometries.Select(geometry => new ImageDevice(geometry))])
    {
    }

    public ImageDevice[] Devices { get; }

    /// <summary>The devices as a volume takes them: by place, whatever is on them.</summary>
    public IReadOnlyList<TierDevice> Tiers => [.. Devices.Select((device, index) => new TierDevice(s_tiers[index], device))];

    public Image Copy() => new([.. Devices.Select(device => device.Copy())]);

    public ImageZone ZoneOf(BlockPlace place) => Devices[place.Device].Zones[place.Zone];

    /// <summary>A copy of the blocks from a place on, as many as lie in the zone.</summary>
    public byte[] Read(BlockPlace from, int blocks)
    {
        var zone = ZoneOf(from);
        var bytes = new byte[Math.Min(blocks, zone.Blocks.Length - from.Block) * ImageDevice.BlockSize];
        for (var i = 0; i * ImageDevice.BlockSize < bytes.Length; i++)
            zone.Blocks[from.Block + i]?.CopyTo(bytes.AsSpan(i * ImageDevice.BlockSize));
        return bytes;
    }

    /// <summary>Puts other bytes in the place of blocks; the pointer stays.</summary>
    public void Write(BlockPlace to, ReadOnlySpan<byte> bytes)
    {
        var zone = ZoneOf(to);
        for (var i = 0; i * ImageDevice.BlockSize < bytes.Length; i++)
            zone.Blocks[to.Block + i] = bytes.Slice(i * ImageDevice.BlockSize, ImageDevice.BlockSize).ToArray();
    }
}

/// <summary>A block of a device.</summary>
internal readonly record struct BlockPlace(int Device, int Zone, int Block);
