using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// One number for each block of the volume: through all zones of a device, zone × (blocks of a zone's capacity) + block, and through the devices in order.
/// </summary>
internal sealed class BlockNumbers
{
    /// <summary>Blocks of a volume, at most: a page map has 5 bytes for a number, and all ones mean none.</summary>
    public const ulong TotalMax = (1ul << 40) - 1;

    private readonly ulong[] _first;
    private readonly uint[] _perZone;

    public BlockNumbers(IReadOnlyList<DeviceZones> devices)
    {
        _first = new ulong[devices.Count + 1];
        _perZone = [.. devices.Select(device => device.CapacityBlocks)];
        for (var i = 0; i < devices.Count; i++) _first[i + 1] = _first[i] + (ulong)devices[i].Count * devices[i].CapacityBlocks;
    }

    public ulong Of(Location at) => _first[at.Device] + (ulong)at.Zone * _perZone[at.Device] + at.Block;

    /// <summary>Throws <see cref="InvalidDataException"/> for a number that no block has.</summary>
    public Location At(ulong number)
    {
        if (number >= _first[^1]) throw new InvalidDataException($"There is no block {number} in a volume of {_first[^1]}.");
        var device = 0;
        while (number >= _first[device + 1]) device++;
        var inside = number - _first[device];
        return new Location(device, (int)(inside / _perZone[device]), (uint)(inside % _perZone[device]));
    }

    /// <summary>Blocks from a place to its zone's end.</summary>
    public uint ToZoneEnd(Location at) => _perZone[at.Device] - at.Block;
}
