using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>A sync whose data and journal batch share one flush: both are there after a crash, or neither is believed.</summary>
public sealed class SharedFlushTests
{
    private const int Length = 65_536;

    [Fact]
    public async Task A_small_sync_costs_one_flush_and_a_large_one_two()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { CommitInterval = TimeSpan.FromMinutes(10) }, zones: 64);
        var handle = await fixture.OpenFileAsync(await fixture.CreateFileAsync("f.kv"));
        var flushes = 0;
        fixture.Tlc.FailsFlush = () =>
        {
            flushes++;
            return false;
        };
        for (var i = 1; i <= 5; i++)
        {
            await WriteAsync(fixture, handle, i * Length, VolumeFixture.Bytes(Length, i));
            Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(handle, dataOnly: true));
            Assert.Equal(i, flushes);
        }
        // More than recovery should have to read to find out whether it is there.
        for (var i = 0; i < 17; i++) await WriteAsync(fixture, handle, i << 20, VolumeFixture.Bytes(1 << 20, i));
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(handle, dataOnly: true));
        Assert.Equal(7, flushes);
        await fixture.Volume.ReleaseAsync(handle);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Length / 2)]
    [InlineData(Length - 4096)]
    public async Task A_batch_without_its_data_does_not_count(int lost)
    {
        await using var fixture = await CreateAsync();
        var inode = await fixture.CreateFileAsync("f.kv");
        await fixture.WriteAsync(inode, 0, VolumeFixture.Bytes(Length, 1), sync: true);
        await fixture.WriteAsync(inode, 0, VolumeFixture.Bytes(Length, 2), sync: true);
        await CrashAndLoseAsync(fixture, fixture.Place(inode), lost);
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        Assert.Contains(fixture.Log.Lines, line => line.Contains("was never confirmed and does not count", StringComparison.Ordinal));
        await fixture.AssertSoundAsync();
        // What was recovered is the new beginning: nothing of the batch comes back.
        await fixture.WriteAsync(inode, 0, VolumeFixture.Bytes(Length, 3), sync: true);
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(Length, 3), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task A_later_sync_confirms_an_earlier_one()
    {
        await using var fixture = await CreateAsync();
        var bad = await fixture.CreateFileAsync("bad.kv");
        var good = await fixture.CreateFileAsync("good.kv");
        await fixture.WriteAsync(bad, 0, VolumeFixture.Bytes(Length, 1), sync: true);
        await fixture.WriteAsync(good, 0, VolumeFixture.Bytes(Length, 2), sync: true);
        await CrashAndLoseAsync(fixture, fixture.Place(bad), 4096);
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(bad)).Error);
        Assert.Equal(VolumeFixture.Bytes(Length, 2), await fixture.ReadAsync(good));
    }

    [Fact]
    public async Task A_commit_in_the_background_confirms_the_last_sync()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { CommitInterval = TimeSpan.FromMilliseconds(100) });
        var inode = await fixture.CreateFileAsync("f.kv");
        await fixture.WriteAsync(inode, 0, VolumeFixture.Bytes(Length, 1), sync: true);
        var commits = fixture.Volume.GetVolumeStatus().Commits;
        await fixture.CreateFileAsync("another");
        await Eventually.HoldsAsync(() => fixture.Volume.GetVolumeStatus().Commits > commits);
        await CrashAndLoseAsync(fixture, fixture.Place(inode), 4096);
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(inode)).Error);
    }

    /// <summary>A zone whose blocks the last batch names is not used again before recovery believes the batch without them.</summary>
    [Fact]
    public async Task Zones_that_died_in_the_last_batch_are_not_missed_after_a_crash()
    {
        await using var fixture = await VolumeFixture.CreateAsync(
            new VolumeOptions { CommitInterval = TimeSpan.FromMinutes(10), DirtyBytesMax = 1 << 20 }, zones: 24, slowZones: 24);
        var inode = await fixture.CreateFileAsync("f.kv");
        var handle = await fixture.OpenFileAsync(inode);
        for (var round = 0; round < 12; round++)
        {
            for (var i = 0; i < 6; i++) await WriteAsync(fixture, handle, 0, VolumeFixture.Bytes(1 << 20, round * 6 + i));
            Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(handle, dataOnly: true));
            await WriteAsync(fixture, handle, 2 << 20, VolumeFixture.Bytes(1 << 20, 999)); // needs zones, and is not synced
            await WriteAsync(fixture, handle, 2 << 20, VolumeFixture.Bytes(1 << 20, 998));
            await fixture.CrashAsync();
            Assert.Equal(VolumeFixture.Bytes(1 << 20, round * 6 + 5), await fixture.ReadAsync(inode, 0, 1 << 20));
            handle = await fixture.OpenFileAsync(inode);
        }
        Assert.DoesNotContain(fixture.Log.Lines, line => line.Contains("was never confirmed", StringComparison.Ordinal));
        await fixture.AssertSoundAsync();
    }

    /// <summary>Nothing but what a test asks for writes to the journal.</summary>
    private static Task<VolumeFixture> CreateAsync() => VolumeFixture.CreateAsync(new VolumeOptions { CommitInterval = TimeSpan.FromMinutes(10) });

    private static async Task WriteAsync(VolumeFixture fixture, ulong handle, long offset, byte[] content) =>
        Assert.Equal(Errno.Ok, (await fixture.Volume.WriteAsync(handle, offset, content, false, false)).Error);

    /// <summary>The power goes, and a block of a file on the fast tier is not what was appended.</summary>
    private static async Task CrashAndLoseAsync(VolumeFixture fixture, FilePlacement placement, long fileOffset)
    {
        var extent = placement.Extents.Single(extent => fileOffset >= extent.FileOffset && fileOffset < extent.FileOffset + extent.Length);
        Assert.Equal("tlc", extent.Tier);
        var lost = new ZoneAddress(new ZoneId(extent.Zone), extent.ZoneOffset + fileOffset - extent.FileOffset);
        fixture.Tlc.Rots = block => block == lost;
        await fixture.CrashAsync();
    }
}
