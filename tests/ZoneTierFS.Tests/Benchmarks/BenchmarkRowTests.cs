using System.Text.Json;
using Xunit;
using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Tests.Benchmarks;

public class BenchmarkRowTests
{
    private static readonly HashSet<string> s_rivals = ["bindfs", "mergerfs"];

    [Theory]
    [InlineData(60, true)]
    [InlineData(59.9, false)]
    public void A_rate_meets_its_target_from_the_ratio_on(double value, bool met) =>
        Assert.Equal(met, BenchmarkRow.Compared("fuse", "row", value, 100, "MB/s", ratioMin: 0.6).Met);

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void A_cost_meets_its_target_up_to_the_ratio(double value, bool met)
    {
        BenchmarkRow row = BenchmarkRow.ComparedCost("fuse", "row", value, 100, "s/GiB", ratioMax: 2);
        Assert.Equal(met, row.Met);
        Assert.Equal("<= 2.00", row.TargetText);
    }

    [Fact]
    public void Without_a_target_nothing_is_met_or_missed() => Assert.Null(BenchmarkRow.Compared("fuse", "row", 1, 100, "MB/s", ratioMin: null).Met);

    [Theory]
    [InlineData(50, 40, true)]
    [InlineData(50, 60, false)]
    [InlineData(50, 50, false)]
    public void Ahead_means_better_than_every_rival(double value, double bindfs, bool ahead)
    {
        BenchmarkRow row = BenchmarkRow.Compared("fuse", "row", value, 100, "MB/s", ratioMin: null)
            .Against([("bindfs", bindfs, null), ("mergerfs", 10, null)], s_rivals);
        Assert.Equal(ahead, row.Ahead);
        Assert.Equal(bindfs / 100, row.Peers!["bindfs"].Ratio);
    }

    [Fact]
    public void The_lower_cost_is_ahead()
    {
        BenchmarkRow cost = BenchmarkRow.ComparedCost("fuse", "row", 2, 1, "s/GiB", ratioMax: null);
        Assert.True(cost.Against([("bindfs", 3, null)], s_rivals).Ahead);
        Assert.False(cost.Against([("bindfs", 1.5, null)], s_rivals).Ahead);
    }

    [Fact]
    public void Who_refused_or_is_no_rival_is_not_run_against()
    {
        BenchmarkRow row = BenchmarkRow.Compared("fuse", "row", 50, 100, "MB/s", ratioMin: null);
        Assert.Null(row.Against([("bindfs", null, "open: Invalid argument"), ("null", 300, null)], s_rivals).Ahead);
        Assert.True(row.Against([("bindfs", null, "open: Invalid argument"), ("mergerfs", 10, null)], s_rivals).Ahead);
    }

    [Fact]
    public void A_row_of_several_file_systems_comes_back_from_json_as_it_was()
    {
        BenchmarkRow row = BenchmarkRow.Compared("fuse", "row", 50, 100, "MB/s", ratioMin: 0.6)
            .Against([("bindfs", null, "open: Invalid argument"), ("mergerfs", 10, null)], s_rivals) with
        {
            Cpu = new Dictionary<string, double> { ["ext4"] = 0.5 },
            CpuUnit = "s/GiB",
        };
        BenchmarkRow back = JsonSerializer.Deserialize<BenchmarkRow>(JsonSerializer.Serialize(row))!;
        Assert.Equal(row.Peers, back.Peers);
        Assert.Equal(row.Cpu, back.Cpu);
        Assert.Equal(row, back with { Peers = row.Peers, Cpu = row.Cpu });
    }

    [Fact]
    public void A_row_without_peers_is_written_as_before()
    {
        string json = JsonSerializer.Serialize(BenchmarkRow.Compared("main-job", "row", 50, 100, "MB/s", ratioMin: 0.6));
        Assert.Equal("""{"suite":"main-job","name":"row","value":50,"unit":"MB/s","baseline":100,"ratio":0.5,"target":0.6,"met":false}""", json);
    }

    [Fact]
    public void A_refusal_is_told_with_its_row()
    {
        BenchmarkRow row = BenchmarkRow.Compared("fuse", "ram: row", 50, 100, "MB/s", ratioMin: null)
            .Against([("bindfs", null, "open: Invalid argument"), ("mergerfs", 10, null)], s_rivals);
        Assert.Equal(["- bindfs, ram: row: open: Invalid argument"], FuseReport.Refusals([row]));
    }
}
