using Xunit;
using ZoneTierFS.Benchmarks.Reporting;
using ZoneTierFS.Benchmarks.Suites.Scale;
using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Benchmarks;

public class ScaleSuiteTests
{
    [Fact]
    public void Rows_are_told_apart_by_name() => Assert.Distinct(ScaleRows.All.Select(row => row.Name));

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    public void An_exponent_is_the_power_of_the_size(double power)
    {
        Growth growth = new("s");
        foreach (double size in (ReadOnlySpan<double>)[10, 100, 1000, 10_000]) growth.Add(size, 3 * Math.Pow(size, power));
        Assert.Equal(power, growth.Exponent, precision: 9);
    }

    [Fact]
    public void An_exponent_wants_two_sizes()
    {
        Growth growth = new("s");
        growth.Add(10, 1);
        growth.Add(10, 2);
        Assert.Throws<InvalidOperationException>(() => growth.Exponent);
    }

    [Fact]
    public void Growth_shows_each_size_and_the_exponent()
    {
        Growth growth = new("s");
        growth.Add(10, 1);
        growth.Add(100, 10);
        BenchmarkRow[] rows = [.. growth.Rows("mount", "files")];
        Assert.Equal(["mount, 10.0 files", "mount, 100 files", "mount: exponent of growth"], rows.Select(row => row.Name));
        Assert.Equal([1, 10, 1], rows.Select(row => row.Value));
    }

    [Theory]
    [InlineData("--rows", "(")]
    [InlineData("--scale", "huge")]
    public void What_makes_no_sense_is_refused(params string[] arguments) => Assert.NotEmpty(ScaleCommand.Create().Parse(arguments).Errors);

    [Fact]
    public async Task A_sparse_device_gives_back_what_was_written()
    {
        await using SparseMemoryDevice device = new(new ZonedGeometry { ZoneCount = 2, ZoneSize = 1 << 20, ZoneCapacity = 1 << 20 });
        using AlignedMemory written = new(3 * 4096), read = new(3 * 4096);
        written.GetSpan().Slice(4096, 4096).Fill(7);
        ZoneId zone = new(1);
        await device.AppendAsync(zone, written.Memory, CancellationToken.None);
        await device.ReadAsync(new ZoneAddress(zone, 0), read.Memory, CancellationToken.None);
        Assert.True(read.GetSpan().SequenceEqual(written.GetSpan()));

        await device.ResetAsync(zone, CancellationToken.None);
        await device.AppendAsync(zone, new byte[3 * 4096], CancellationToken.None);
        await device.ReadAsync(new ZoneAddress(zone, 0), read.Memory, CancellationToken.None);
        Assert.False(read.GetSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task A_volume_that_lost_its_power_keeps_what_was_synced()
    {
        await using ScaleVolume volume = await ScaleVolume.CreateAsync(1 << 30);
        ulong[] inodes = await Population.CreateFilesAsync(volume, 3);
        await Population.WritePiecesAsync(volume, inodes);
        await volume.CreateAsync("unsynced");
        await volume.CrashAsync();
        await volume.OpenAsync();
        Assert.Equal((Population.ExtentsPerFile * 2ul - 1) * 4096, ScaleVolume.Must(volume.Volume.GetStatus(inodes[2])).Size);
        Assert.Equal(Errno.ENOENT, volume.Volume.Lookup(ZoneTierFS.Engine.Volume.RootInode, "unsynced"u8).Error);
    }
}
