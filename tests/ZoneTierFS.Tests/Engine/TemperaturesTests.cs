using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Tests.Engine;

/// <summary>What is replaced soon goes to other zones than what stays.</summary>
public sealed class TemperaturesTests
{
    private const int ClassZone = 10;
    private const int HotZone = 11;

    [Fact]
    public void What_lives_shorter_than_the_others_becomes_hotter_level_by_level()
    {
        var zones = Zones();
        Open(zones, ClassZone, stream: 0);
        zones.Temperatures.Appended(ClassZone, 0, 16);
        Assert.Equal(0, zones.Temperatures.Next(ClassZone, 0)); // the first life is neither long nor short
        Write(zones, 1000);
        Assert.Equal(0, zones.Temperatures.Next(ClassZone, 0)); // long
        for (var level = 0; level < Temperatures.LevelsMax; level++)
        {
            Open(zones, HotZone + level, zones.UserSlots + level);
            zones.Temperatures.Appended(HotZone + level, 0, 16);
            Assert.Equal(level, zones.Temperatures.LevelOf(HotZone + level));
            Assert.Equal(Math.Min(level + 1, Temperatures.LevelsMax - 1), zones.Temperatures.Next(HotZone + level, 0));
        }
        Write(zones, 1_000_000);
        for (var level = 0; level < Temperatures.LevelsMax; level++) Assert.Equal(Math.Max(level - 1, 0), zones.Temperatures.Next(HotZone + level, 0));
    }

    [Fact]
    public void What_cleaning_copies_keeps_its_age()
    {
        var zones = Zones();
        Open(zones, HotZone, zones.UserSlots + 1);
        Open(zones, HotZone + 1, zones.UserSlots + 1);
        zones.Temperatures.Appended(HotZone, 0, 32);
        zones.Temperatures.Next(HotZone, 0);
        Write(zones, 5000);
        zones.Temperatures.Next(HotZone, 0);
        zones.Temperatures.Appended(HotZone + 1, 0, 48);
        zones.Temperatures.Copied(HotZone, 16, HotZone + 1, 32, 16);
        Assert.Equal(2, zones.Temperatures.Next(HotZone + 1, 0));
        Assert.Equal(0, zones.Temperatures.Next(HotZone + 1, 32));
    }

    [Fact]
    public void What_outlived_its_zone_in_the_movers_stream_is_cold()
    {
        var zones = Zones();
        Open(zones, ClassZone, (byte)zones.StreamCount);
        zones[ClassZone].IsMovers = true;
        zones.Temperatures.Appended(ClassZone, 0, 16);
        for (var i = 0; i < 3; i++) Assert.Equal(0, zones.Temperatures.Next(ClassZone, 0));
    }

    [Theory]
    [InlineData(31, 0, 0)]
    [InlineData(32, 0, 2)]
    [InlineData(64, 0, 4)]
    [InlineData(1000, 0, 4)]
    [InlineData(1000, 12, 0)]
    [InlineData(1000, 14, 2)]
    public void Small_devices_and_those_with_few_open_zones_have_fewer_levels(int count, int openMax, int levels)
    {
        var zones = Zones(count, openMax);
        Assert.Equal(levels, zones.Temperatures.Levels);
        Assert.Equal(zones.UserSlots + levels, zones.StreamCount);
    }

    private static DeviceZones Zones(int count = 64, int openMax = 0) =>
        new(0, VolumeFixture.Device("tlc", count, maxActive: openMax), [.. Enumerable.Range(0, count).Select(zone =>
            new ZoneReport(new ZoneId(zone), ZoneCondition.Empty, 0, 1 << 20, 0))], deviceCount: 2);

    private static void Open(DeviceZones zones, int zone, int stream) => zones[zone] = new ZoneInfo { Use = ZoneUse.Open, Stream = (byte)stream };

    private static void Write(DeviceZones zones, long blocks) => zones.Meter.Count(WriteCause.User, blocks * DeviceZones.BlockSize);
}
