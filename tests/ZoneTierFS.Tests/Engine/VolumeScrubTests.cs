using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>The scrub reads everything in the background, heals what it can, and tells what it cannot.</summary>
public sealed class VolumeScrubTests
{
    private const int Length = 307_200;

    private static readonly VolumeOptions Quick = VolumeFixture.EagerMover with { ScrubBytesPerSecond = 1L << 40 };

    [Fact]
    public async Task A_scrub_reads_all_that_is_live_and_finds_a_sound_volume_sound()
    {
        await using var fixture = await VolumeFixture.CreateAsync(Quick);
        await fixture.CreateFileAsync("f", VolumeFixture.Bytes(Length, 1));
        await fixture.CreateFileAsync("m.gguf", VolumeFixture.Bytes(3_000_000, 2));
        await fixture.SyncAsync();
        Assert.Null(fixture.Volume.GetVolumeStatus().Scrub.Finished);
        var status = await ScrubAsync(fixture);
        Assert.Equal((Length + 4095) / 4096 * 4096 + (3_000_000 + 4095) / 4096 * 4096, status.BytesRead);
        Assert.Equal((0, 0, 0), (status.LostBlocks, status.LostFiles, status.HealedBlocks));
        Assert.Equal(1, status.Progress);
    }

    [Fact]
    public async Task A_scrub_restores_a_damaged_original_from_its_copy()
    {
        await using var fixture = await VolumeFixture.CreateAsync(Quick);
        var inode = await VolumeMediaFaultTests.CopiedAsync(fixture);
        fixture.Qlc.Rots = VolumeMediaFaultTests.Block(fixture, inode, 40_960);
        var status = await ScrubAsync(fixture);
        Assert.Equal((1, 0), (status.HealedBlocks, status.LostBlocks));
        Assert.Equal(4096, fixture.Volume.GetVolumeStatus().HealedBytes);
        Assert.Contains(fixture.Log.Lines, line => line.Contains($"Inode {inode}: bytes 40960 to 45056 were damaged", StringComparison.Ordinal));
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, null));
        Assert.Equal(Errno.Ok, await fixture.Volume.EvictAsync(inode));
        Assert.Equal(0, fixture.Place(inode).PromotedBytes);
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        await fixture.AssertSoundAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_scrub_writes_damaged_pages_of_a_copy_of_the_metadata_again(int number)
    {
        await using var fixture = await VolumeFixture.CreateAsync(Quick);
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(Length, 1));
        await fixture.SyncAsync();
        await fixture.ReopenAsync(); // checkpointed, and no page of checksums in memory
        var copy = fixture.Volume.State.Copies[number];
        PageAddress[] damaged = [copy.Tree.Get(0), copy.Checksums.Addresses().First().Address, copy.TreeTable[0], copy.Root];
        (number == 0 ? fixture.Tlc : fixture.Qlc).Rots = block => damaged.Any(page =>
            page.Zone == block.Zone.Index && page.Block == block.Offset / 4096);
        var status = await ScrubAsync(fixture);
        Assert.Equal((damaged.Length, 0), (status.HealedMetadata, status.LostMetadata));
        Assert.DoesNotContain(copy.Places(), damaged.Contains);
        status = await ScrubAsync(fixture);
        Assert.Equal((0, 0), (status.HealedMetadata, status.LostMetadata));
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task A_page_of_checksums_that_is_damaged_in_both_copies_is_told_as_lost()
    {
        await using var fixture = await VolumeFixture.CreateAsync(Quick);
        await fixture.CreateFileAsync("f", VolumeFixture.Bytes(Length, 1));
        await fixture.SyncAsync();
        await fixture.ReopenAsync();
        foreach (var (device, copy) in new[] { fixture.Tlc, fixture.Qlc }.Zip(fixture.Volume.State.Copies))
        {
            var page = copy.Checksums.Addresses().First().Address;
            device.Rots = block => page.Zone == block.Zone.Index && page.Block == block.Offset / 4096;
        }
        var status = await ScrubAsync(fixture);
        Assert.Equal((0, 2), (status.HealedMetadata, status.LostMetadata));
        Assert.Null(fixture.Volume.GetVolumeStatus().Failure);
    }

    [Fact]
    public async Task A_scrub_drops_a_damaged_copy()
    {
        await using var fixture = await VolumeFixture.CreateAsync(Quick);
        var inode = await VolumeMediaFaultTests.CopiedAsync(fixture);
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, null));
        var copy = fixture.Place(inode).Extents.First(extent => extent.Promoted);
        fixture.Tlc.Rots = block => block == new ZoneAddress(new ZoneId(copy.Zone), copy.ZoneOffset);
        var status = await ScrubAsync(fixture);
        Assert.Equal((1, 0), (status.HealedBlocks, status.LostBlocks));
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task A_scrub_names_each_damaged_file_once()
    {
        await using var fixture = await VolumeFixture.CreateAsync(Quick);
        var bad = await fixture.CreateFileAsync("bad", VolumeFixture.Bytes(Length, 1));
        var good = await fixture.CreateFileAsync("good", VolumeFixture.Bytes(Length, 2));
        await fixture.SyncAsync();
        fixture.Tlc.Rots = VolumeMediaFaultTests.Block(fixture, bad, 8192);
        var status = await ScrubAsync(fixture);
        Assert.Equal((1, 1), (status.LostBlocks, status.LostFiles));
        await ScrubAsync(fixture);
        Assert.Single(fixture.Log.Lines, line => line.Contains("(/bad)", StringComparison.Ordinal));
        var range = Assert.Single(fixture.Volume.GetVolumeStatus().Damage);
        Assert.Equal(("/bad", 8192L, 12_288L), (range.Path, range.From, range.To));
        Assert.Equal(VolumeFixture.Bytes(Length, 2), await fixture.ReadAsync(good));
    }

    [Fact]
    public async Task A_zone_in_which_reads_fail_is_evacuated_after_a_scrub()
    {
        await using var fixture = await VolumeFixture.CreateAsync(Quick);
        var inode = await fixture.CreateFileAsync("m.gguf", VolumeFixture.Bytes(3_000_000, 1));
        await fixture.SyncAsync();
        await fixture.ReopenAsync();
        var zone = fixture.Place(inode).Extents[0].Zone;
        var fails = VolumeMediaFaultTests.Block(fixture, inode, 8192);
        fixture.Qlc.FailsRead = block => fails(block);
        await ScrubAsync(fixture);
        await Eventually.HoldsAsync(() => fixture.Place(inode).Extents.Where(extent => extent.Zone == zone).Sum(extent => extent.Length) == 4096);
        Assert.Equal(VolumeFixture.Bytes(3_000_000, 1)[12_288..], await fixture.ReadAsync(inode, 12_288, 3_000_000 - 12_288));
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(inode, 8192, 4096)).Error);
        Assert.Equal(1, fixture.Volume.GetVolumeStatus().Scrub.LostBlocks);
    }

    [Fact]
    public async Task A_scrub_finds_zones_that_have_turned()
    {
        await using var fixture = await VolumeFixture.CreateAsync(Quick);
        var inode = await fixture.CreateFileAsync("m.gguf", VolumeFixture.Bytes(3_000_000, 1));
        await fixture.SyncAsync();
        var zone = fixture.Place(inode).Extents[0].Zone;
        fixture.Qlc.Turn(zone, ZoneCondition.ReadOnly);
        await ScrubAsync(fixture);
        await Eventually.HoldsAsync(() => fixture.Place(inode).Extents.All(extent => extent.Zone != zone));
        Assert.Equal(VolumeFixture.Bytes(3_000_000, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task A_scrub_that_was_stopped_goes_on_where_it_was_also_after_a_remount()
    {
        await using var fixture = await VolumeFixture.CreateAsync(Quick with { ScrubBytesPerSecond = 1 });
        await fixture.CreateFileAsync("m.gguf", VolumeFixture.Bytes(20_000_000, 1));
        await fixture.SyncAsync();
        Assert.Equal(Errno.Ok, fixture.Volume.StartScrub());
        // The first 4 MiB, metadata among them, pass at once; the rest would take for ever.
        await Eventually.HoldsAsync(() => fixture.Volume.GetVolumeStatus().Scrub.BytesRead >= 1 << 20);
        Assert.True(fixture.Volume.GetVolumeStatus().Scrub.Running);
        fixture.Volume.StopScrub();
        await Eventually.HoldsAsync(() => !fixture.Volume.GetVolumeStatus().Scrub.Running);
        var read = fixture.Volume.GetVolumeStatus().Scrub.BytesRead;
        await fixture.ReopenAsync(Quick);
        await Eventually.HoldsAsync(() => fixture.Volume.GetVolumeStatus().Scrub.Finished is not null);
        var total = fixture.Volume.GetVolumeStatus().Scrub.BytesRead;
        Assert.InRange(total, (20_000_000 + 4095) / 4096 * 4096, 20_000_000 + read);
        var finished = fixture.Volume.GetVolumeStatus().Scrub.Finished;
        await fixture.ReopenAsync(Quick);
        Assert.Equal(finished, fixture.Volume.GetVolumeStatus().Scrub.Finished);
    }

    [Fact]
    public async Task A_scrub_is_due_when_the_interval_is_over()
    {
        await using var fixture = await VolumeFixture.CreateAsync(Quick with { ScrubInterval = TimeSpan.FromMilliseconds(50) });
        await fixture.CreateFileAsync("f", VolumeFixture.Bytes(Length, 1));
        await fixture.SyncAsync();
        await Eventually.HoldsAsync(() => fixture.Volume.GetVolumeStatus().Scrub.Finished is not null);
    }

    [Fact]
    public async Task A_volume_that_is_mounted_read_only_is_not_scrubbed()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        await fixture.ReopenAsync(new VolumeOptions { ReadOnly = true });
        Assert.Equal(Errno.EROFS, fixture.Volume.StartScrub());
    }

    private static async Task<ScrubStatus> ScrubAsync(VolumeFixture fixture)
    {
        var before = fixture.Volume.GetVolumeStatus().Scrub.Finished;
        Assert.Equal(Errno.Ok, fixture.Volume.StartScrub());
        await Eventually.HoldsAsync(
            () => fixture.Volume.GetVolumeStatus().Scrub is { Running: false } scrub && scrub.Finished > (before ?? DateTimeOffset.MinValue));
        return fixture.Volume.GetVolumeStatus().Scrub;
    }
}
