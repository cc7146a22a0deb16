using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Zones that turn read-only are emptied and left alone; those that go offline cost only what lay nowhere else, and that is told.</summary>
public sealed class VolumeZoneFaultTests
{
    private const int Length = 307_200;

    [Fact]
    public async Task A_zone_that_turns_read_only_is_evacuated_and_left_alone()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(Length, 1));
        await fixture.SyncAsync();
        var before = fixture.Volume.GetSpace().TotalBlocks;
        var zone = fixture.Place(inode).Extents[0].Zone;
        fixture.Tlc.Turn(zone, ZoneCondition.ReadOnly);
        var next = await fixture.CreateFileAsync("g", VolumeFixture.Bytes(Length, 2));
        await fixture.SyncAsync(); // an append is refused, and so it is found
        await Eventually.HoldsAsync(() => fixture.Place(inode).Extents.All(extent => extent.Zone != zone));
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        Assert.Equal(VolumeFixture.Bytes(Length, 2), await fixture.ReadAsync(next));
        Assert.Contains(fixture.Log.Lines, line => line.Contains($"Tier tlc zone {zone} has turned ReadOnly", StringComparison.Ordinal));
        Assert.True(fixture.Volume.GetSpace().TotalBlocks < before);
        var status = fixture.Volume.GetVolumeStatus();
        Assert.Equal(1, status.Tiers[0].ReadOnlyZones);
        Assert.Null(status.Failure);
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task A_zone_that_is_read_only_at_mount_is_evacuated()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var inode = await fixture.CreateFileAsync("f.gguf", VolumeFixture.Bytes(3_000_000, 1));
        await fixture.CloseAsync();
        await fixture.OpenAsync();
        var zone = fixture.Place(inode).Extents[0].Zone;
        await fixture.CloseAsync();
        fixture.Qlc.Turn(zone, ZoneCondition.ReadOnly);
        await fixture.OpenAsync();
        await Eventually.HoldsAsync(() => fixture.Place(inode).Extents.All(extent => extent.Zone != zone));
        Assert.Equal(VolumeFixture.Bytes(3_000_000, 1), await fixture.ReadAsync(inode));
        Assert.Contains(fixture.Log.Lines, line => line.Contains($"Tier qlc zone {zone} was evacuated: 0 live", StringComparison.Ordinal));
        await fixture.AssertSoundAsync();
        await fixture.ReopenAsync();
        Assert.Equal(VolumeFixture.Bytes(3_000_000, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task A_journal_zone_that_turns_read_only_is_left_by_a_checkpoint()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var before = await PointersAsync(fixture.Tlc);
        await fixture.CreateFileAsync("one");
        await fixture.SyncAsync();
        var after = await PointersAsync(fixture.Tlc);
        var journal = Enumerable.Range(2, after.Count - 2).Single(zone => after[zone] != before[zone]);
        fixture.Tlc.Turn(journal, ZoneCondition.ReadOnly);
        await fixture.CreateFileAsync("two");
        await fixture.SyncAsync();
        Assert.Contains(fixture.Log.Lines, line => line.Contains("writing a checkpoint instead", StringComparison.Ordinal));
        await fixture.CrashAsync();
        Assert.All(["one", "two"], name => Assert.NotEqual(0ul, fixture.Find(name)));
        Assert.Null(fixture.Volume.GetVolumeStatus().Failure);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_superblock_zone_that_turns_read_only_is_left_for_the_other(int device)
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        await fixture.CreateFileAsync("one");
        await fixture.SyncAsync();
        var medium = device == 0 ? fixture.Tlc : fixture.Qlc;
        var newest = await SuperblockRing.ReadNewestAsync(medium, await medium.ReportZonesAsync(CancellationToken.None), CancellationToken.None);
        medium.Turn(newest.Zone, ZoneCondition.ReadOnly);
        Assert.Equal(Errno.Ok, await fixture.Volume.State.Checkpointer.RunAsync());
        await fixture.CreateFileAsync("two");
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        Assert.Null(fixture.Volume.GetVolumeStatus().Failure);
        await fixture.CreateFileAsync("three");
        await fixture.ReopenAsync();
        Assert.Null(fixture.Volume.GetVolumeStatus().Failure);
        Assert.All(["one", "two", "three"], name => Assert.NotEqual(0ul, fixture.Find(name)));
        var after = await SuperblockRing.ReadNewestAsync(medium, await medium.ReportZonesAsync(CancellationToken.None), CancellationToken.None);
        Assert.Equal(1 - newest.Zone, after.Zone);
    }

    [Fact]
    public async Task A_superblock_zone_that_is_read_only_at_mount_is_left_for_the_other()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        await fixture.CreateFileAsync("one");
        await fixture.CloseAsync();
        var newest = await SuperblockRing.ReadNewestAsync(fixture.Tlc, await fixture.Tlc.ReportZonesAsync(CancellationToken.None), CancellationToken.None);
        fixture.Tlc.Turn(newest.Zone, ZoneCondition.ReadOnly);
        await fixture.OpenAsync();
        await fixture.CreateFileAsync("two");
        await fixture.ReopenAsync();
        Assert.Null(fixture.Volume.GetVolumeStatus().Failure);
        Assert.All(["one", "two"], name => Assert.NotEqual(0ul, fixture.Find(name)));
    }

    [Fact]
    public async Task A_superblock_zone_that_is_offline_is_never_taken_for_an_older_volume()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        await fixture.CreateFileAsync("one");
        await fixture.CloseAsync();
        var newest = await SuperblockRing.ReadNewestAsync(fixture.Tlc, await fixture.Tlc.ReportZonesAsync(CancellationToken.None), CancellationToken.None);
        fixture.Tlc.Turn(newest.Zone, ZoneCondition.Offline);
        var refused = await Assert.ThrowsAsync<VolumeException>(() => fixture.OpenAsync());
        Assert.Equal(VolumeFault.Device, refused.Fault);
        Assert.Contains("A superblock cannot be read", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_offline_zone_lists_the_files_it_hurt_once_and_the_rest_works()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var directory = await fixture.MakeDirectoryAsync("d");
        var hurt = await fixture.CreateFileAsync("hurt", VolumeFixture.Bytes(Length, 1), directory);
        await fixture.SyncAsync();
        var whole = await fixture.CreateFileAsync("whole.gguf", VolumeFixture.Bytes(Length, 2));
        await fixture.SyncAsync();
        var zone = fixture.Place(hurt).Extents[0].Zone;
        fixture.Tlc.Turn(zone, ZoneCondition.Offline);
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(hurt)).Error);
        await Eventually.HoldsAsync(() => fixture.Log.Lines.Any(line => line.Contains($"Tier tlc zone {zone} was evacuated", StringComparison.Ordinal)));
        Assert.Contains(fixture.Volume.GetVolumeStatus().Damage, range => range.Path == "/d/hurt");
        Assert.Equal(1, fixture.Volume.GetVolumeStatus().DamagedFiles);
        var told = fixture.Log.Lines.Count(line => line.Contains("(/d/hurt)", StringComparison.Ordinal));
        Assert.InRange(told, 1, 2); // the read that found it, and the zone's list
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(hurt)).Error);
        Assert.Equal(told, fixture.Log.Lines.Count(line => line.Contains("(/d/hurt)", StringComparison.Ordinal)));
        Assert.Equal(VolumeFixture.Bytes(Length, 2), await fixture.ReadAsync(whole));
        await fixture.WriteAsync(hurt, 0, VolumeFixture.Bytes(Length, 3), sync: true);
        Assert.Equal(VolumeFixture.Bytes(Length, 3), await fixture.ReadAsync(hurt));
        Assert.Equal(0, fixture.Volume.GetVolumeStatus().DamagedFiles);
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(Length, 3), await fixture.ReadAsync(hurt));
        Assert.Null(fixture.Volume.GetVolumeStatus().Failure);
    }

    [Fact]
    public async Task Copies_in_an_offline_zone_cost_nothing()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var inode = await VolumeMediaFaultTests.CopiedAsync(fixture);
        var zone = fixture.Place(inode).Extents.First(extent => extent.Promoted).Zone;
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, null));
        fixture.Tlc.Turn(zone, ZoneCondition.Offline);
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        await Eventually.HoldsAsync(() => fixture.Place(inode).Extents.All(extent => !extent.Promoted || extent.Zone != zone));
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        Assert.Equal(0, fixture.Volume.GetVolumeStatus().DamagedFiles);
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task What_lay_in_an_offline_zone_is_restored_from_its_copy()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var inode = await VolumeMediaFaultTests.CopiedAsync(fixture);
        var zone = fixture.Place(inode).Extents.First(extent => !extent.Promoted).Zone;
        fixture.Qlc.Turn(zone, ZoneCondition.Offline);
        var next = await fixture.CreateFileAsync("next.gguf", VolumeFixture.Bytes(Length, 2));
        await fixture.SyncAsync(); // an append is refused, and so it is found
        await Eventually.HoldsAsync(() => fixture.Volume.GetVolumeStatus().HealedBytes >= Length);
        Assert.All(fixture.Place(inode).Extents, extent => Assert.True(extent.Promoted || extent.Zone != zone));
        Assert.Contains(fixture.Log.Lines, line => line.Contains("restored from their copy", StringComparison.Ordinal));
        Assert.Equal(0, fixture.Volume.GetVolumeStatus().DamagedFiles);
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, null));
        Assert.Equal(Errno.Ok, await fixture.Volume.EvictAsync(inode));
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        Assert.Equal(VolumeFixture.Bytes(Length, 2), await fixture.ReadAsync(next));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task An_offline_zone_is_told_again_at_the_next_mount()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var hurt = await fixture.CreateFileAsync("hurt", VolumeFixture.Bytes(Length, 1));
        var zone = await ClosedZoneAsync(fixture, hurt);
        fixture.Tlc.Turn(zone, ZoneCondition.Offline);
        await fixture.OpenAsync();
        await Eventually.HoldsAsync(() => fixture.Volume.GetVolumeStatus().DamagedFiles == 1);
        Assert.Equal(1, fixture.Volume.GetVolumeStatus().Tiers[0].OfflineZones);
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(hurt)).Error);
        await fixture.UnlinkAsync("hurt");
        Assert.Equal(0, fixture.Volume.GetVolumeStatus().DamagedFiles);
        await fixture.SyncAsync();
        await fixture.AssertSoundAsync();
    }

    private static async Task<int> ClosedZoneAsync(VolumeFixture fixture, ulong inode)
    {
        await fixture.SyncAsync();
        var zone = fixture.Place(inode).Extents[0].Zone;
        await fixture.CloseAsync();
        return zone;
    }

    private static async Task<IReadOnlyList<long>> PointersAsync(TestDevice device) =>
        [.. (await device.ReportZonesAsync(CancellationToken.None)).Select(report => report.WritePointer)];
}
