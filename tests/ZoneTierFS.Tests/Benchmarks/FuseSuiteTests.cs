using System.CommandLine;
using Xunit;
using ZoneTierFS.Benchmarks.Clients;
using ZoneTierFS.Benchmarks.Suites.Fuse;

namespace ZoneTierFS.Tests.Benchmarks;

public class FuseSuiteTests
{
    [Fact]
    public void Rows_are_told_apart_by_name() => Assert.Distinct(FuseRows.All.Select(row => row.Name).Concat(AllocationProbe.Rows.Select(row => row.Name)));

    [Fact]
    public void Targets_differ_by_medium()
    {
        FuseRow row = FuseRows.All[0];
        Assert.Equal(row.RamMin, row.RatioMin(Medium.Ram));
        Assert.Equal(row.DiskMin, row.RatioMin(Medium.Disk));
        Assert.NotEqual(row.RamMin, row.DiskMin);
    }

    [Fact]
    public void Operations_divide_evenly_among_threads() =>
        Assert.All(FuseRows.All.Where(row => row.Workload.Mode == ClientMode.RandomRead),
            row => Assert.Equal(0, row.Workload.Operations % row.Workload.Threads));

    [Theory]
    [InlineData("7:/mnt/peer")]
    [InlineData("bindfs:x:/mnt/peer")]
    [InlineData("bindfs:7")]
    public void A_peer_that_names_no_process_and_folder_is_refused(string peer) => Assert.Single(Parse("--peer", peer).Errors);

    [Theory]
    [InlineData("bindfs:7:/mnt/peer:/srv/files")]
    [InlineData("null:7:/mnt/peer")]
    public void A_peer_names_its_process_and_folder(string peer) => Assert.Empty(Parse("--peer", peer).Errors);

    [Fact]
    public void A_pattern_that_is_none_is_refused() => Assert.Single(Parse("--rows", "(").Errors);

    private static ParseResult Parse(params string[] arguments) =>
        FuseCommand.Create().Parse(["--medium", "ram", "--plain", "/a", "--mounted", "5:/b", .. arguments]);
}
