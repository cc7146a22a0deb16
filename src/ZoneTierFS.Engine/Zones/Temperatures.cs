namespace ZoneTierFS.Engine.Zones;

/// <summary>
/// Tells apart what is replaced soon from what stays: each block that replaces a stored one goes to the stream one level hotter than its predecessor's when
/// that one lived shorter than blocks usually do, else one level colder. Blocks of one temperature die together, so that cleaning finds zones that are
/// nearly dead. What cleaning copies keeps its level and its age. Of one device; under the state lock.
/// </summary>
internal sealed class Temperatures
{
    /// <summary>More levels tell better, but each holds a zone open.</summary>
    public const int LevelsMax = 4;

    /// <summary>Zones of a device for each level: open ones are room that nobody else has.</summary>
    private const int ZonesPerLevel = 16;

    /// <summary>Blocks that share an age.</summary>
    private const int GranuleBlocks = 16;

    /// <summary>Ages are told apart to this share of the device; in 16 bits, they come round after eight times the device.</summary>
    private const int UnitsPerDevice = 8192;

    /// <summary>Lives that the mean is taken over.</summary>
    private const int LivesMeant = 2048;

    private readonly DeviceZones _zones;
    private readonly ushort[]?[] _births;
    private readonly long _unit;
    private double _meanLife;
    private int _lives;

    /// <param name="openZones">How many zones the device can hold open for levels.</param>
    public Temperatures(DeviceZones zones, int openZones)
    {
        _zones = zones;
        Levels = Math.Min(openZones, Math.Min(LevelsMax, zones.Count / ZonesPerLevel));
        if (Levels < 2) Levels = 0;
        _births = new ushort[]?[zones.Count];
        _unit = Math.Max(1, (long)zones.Count * zones.CapacityBlocks / UnitsPerDevice);
    }

    /// <summary>How many levels there are: 0, or 2 up to <see cref="LevelsMax"/>, cold ones first.</summary>
    public int Levels { get; }

    /// <summary>The clock of ages: blocks that users have written to the device. Idle time makes nothing older.</summary>
    private long Now => _zones.Meter.Of(WriteCause.User) / DeviceZones.BlockSize;

    private ushort NowUnits => (ushort)(Now / _unit);

    /// <summary>Blocks that users have written to the device since a zone was last written.</summary>
    public long AgeOf(int zone) => Math.Max(0, Now - _zones[zone].LastWrite);

    /// <summary>The level whose zone this is, or -1.</summary>
    public int LevelOf(int zone) => _zones[zone].Stream - _zones.UserSlots is var level && level >= 0 && level < Levels ? level : -1;

    /// <summary>The level for what replaces a block, 0 up to <see cref="Levels"/>; -1 where there are none.</summary>
    public int Next(int zone, uint block)
    {
        if (Levels == 0) return -1;
        var level = LevelOf(zone);
        if (level < 0 && _zones[zone].IsMovers) return 0; // it has outlived its zone, nobody knows by how much
        var life = level < 0 ? AgeOf(zone) : (ushort)(NowUnits - _births[zone]![block / GranuleBlocks]) * _unit;
        var isShort = _lives > 0 && life < _meanLife;
        _lives = Math.Min(_lives + 1, LivesMeant);
        _meanLife += (life - _meanLife) / _lives;
        return Math.Clamp(level + (isShort ? 1 : -1), 0, Levels - 1);
    }

    /// <summary>Blocks were appended to a zone.</summary>
    public void Appended(int zone, uint block, int count)
    {
        _zones[zone].LastWrite = Now;
        if (LevelOf(zone) < 0) return;
        var births = _births[zone] ??= new ushort[(_zones.CapacityBlocks + GranuleBlocks - 1) / GranuleBlocks];
        var (first, last) = ((int)block / GranuleBlocks, ((int)block + count - 1) / GranuleBlocks);
        births.AsSpan(first, last - first + 1).Fill(NowUnits);
    }

    /// <summary>Appended blocks are copies of others on the device: they are as old as those.</summary>
    public void Copied(int fromZone, uint from, int zone, uint block, uint count)
    {
        if (LevelOf(zone) < 0 || LevelOf(fromZone) < 0) return;
        for (uint i = 0; i < count; i += GranuleBlocks) _births[zone]![(block + i) / GranuleBlocks] = _births[fromZone]![(from + i) / GranuleBlocks];
    }
}
