using System.Text;
using System.Text.Json;
using Xunit;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Serving;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Tests.Cli.Serving;

public sealed class PlacementTextTests
{
    [Theory]
    [InlineData(100, 0, "tlc")]
    [InlineData(0, 100, "qlc")]
    [InlineData(25, 75, "tlc=25,qlc=75")]
    [InlineData(1, 1_000_000, "tlc=1,qlc=99")]
    [InlineData(1_000_000, 1, "tlc=99,qlc=1")]
    [InlineData(1, 2, "tlc=33,qlc=67")]
    [InlineData(1, 1, "tlc=50,qlc=50")]
    [InlineData(0, 0, "none")]
    public void TheSharesOfTwoTiersAddUpToAHundred(long tlc, long qlc, string expected) => Assert.Equal(expected, PlacementText.Shares(Placement(tlc, qlc)));

    [Fact]
    public void SharesAddUpHoweverManyTiersThereAre()
    {
        var random = new Random(1);
        for (var round = 0; round < 500; round++)
        {
            var bytes = Enumerable.Range(0, random.Next(2, 9)).ToDictionary(tier => $"t{tier}", _ => random.NextInt64(1, 1L << random.Next(1, 45)));
            var shares = PlacementText.Shares(Placement(0, 0) with { BytesByTier = bytes }).Split(',').Select(share => int.Parse(share.Split('=')[1])).ToList();
            Assert.Equal(100, shares.Sum());
            Assert.All(shares, share => Assert.InRange(share, 1, 99));
        }
    }

    [Fact]
    public void BytesThatOnlyWaitAreInMemory() => Assert.Equal("memory", PlacementText.Shares(Placement(0, 0) with { DirtyBytes = 1 }));

    [Fact]
    public void HeatIsWholeBytesPerSecond() =>
        Assert.Equal("short=1049,long=0", PlacementText.Heat(Placement(1, 0) with { HeatShort = 1048.6, HeatLong = 0.2 }));

    [Fact]
    public void ClassesAreWrittenInLowerCase() => Assert.Equal(["other", "weights", "lora", "kv", "checkpoint", "optimizer", "dataset", "scratch"],
        Enum.GetValues<FileClass>().Select(PlacementText.NameOf));

    [Fact]
    public void ExtentsAreWrittenInFull()
    {
        var json = PlacementText.ExtentsJson(Placement(1, 1, extents: 2), ControlAttributes.ValueBytesMax, out var whole);
        Assert.True(whole);
        Assert.Equal(
            """[{"fileOffset":0,"length":4096,"tier":"qlc","zone":7,"zoneOffset":0,"promoted":false},"""
            + """{"fileOffset":4096,"length":4096,"tier":"qlc","zone":7,"zoneOffset":4096,"promoted":false}]""",
            Encoding.UTF8.GetString(json));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(1200)]
    [InlineData(100_000)]
    public void ExtentsThatDoNotFitAreCutBetweenTwo(int extents)
    {
        const int Max = 16384;
        var json = PlacementText.ExtentsJson(Placement(1, 1, extents), Max, out var whole);
        Assert.False(whole);
        Assert.InRange(json.Length, Max / 2, Max);
        var read = JsonSerializer.Deserialize(json, CliJson.Default.IReadOnlyListExtentReport)!;
        Assert.Equal(ExtentReport.Cut, read[^1]);
        Assert.All(read.Take(read.Count - 1), extent => Assert.True(extent is { Length: 4096, Truncated: null }));
    }

    [Fact]
    public void TheExplanationFitsAnAttributeAndCanBeReadBack()
    {
        var json = PlacementText.ExplainJson(Placement(3, 1, extents: 5000) with { Pin = "tlc", Sealed = true }, "tlc", ControlAttributes.ValueBytesMax);
        Assert.InRange(json.Length, ControlAttributes.ValueBytesMax / 2, ControlAttributes.ValueBytesMax);
        var report = JsonSerializer.Deserialize(json, CliJson.Default.FileReport)!;
        Assert.Equal(("/models/a.gguf", "weights", "tlc=75,qlc=25"), (report.Path, report.Class, report.Tier));
        Assert.Equal(("tlc", "tlc", true), (report.FastTier, report.Pin, report.Sealed));
        Assert.Equal(3, report.BytesByTier["tlc"]);
    }

    private static FilePlacement Placement(long tlc, long qlc, int extents = 0) => new()
    {
        Inode = 9,
        Path = "/models/a.gguf",
        Class = FileClass.Weights,
        ClassReason = "magic bytes GGUF",
        HomeTier = "qlc",
        BytesByTier = new Dictionary<string, long> { ["tlc"] = tlc, ["qlc"] = qlc },
        NextMove = "stays",
        Extents = [.. Enumerable.Range(0, extents).Select(i => new ExtentPlacement(i * 4096L, 4096, "qlc", 7, i * 4096L, false))],
    };
}
