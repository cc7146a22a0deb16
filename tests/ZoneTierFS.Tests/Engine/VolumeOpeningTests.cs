using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>A volume that cannot be used says why, and how to mend it, before a single byte is written.</summary>
public sealed class VolumeOpeningTests
{
    [Fact]
    public async Task A_device_without_a_volume_is_not_formatted()
    {
        await using var fixture = VolumeFixture.Blank();
        await AssertRefusedAsync(fixture, fixture.Devices, VolumeFault.NotFormatted, "ztfs format");
    }

    [Fact]
    public async Task One_unformatted_device_is_named()
    {
        await using var fixture = await ClosedAsync();
        await using var blank = VolumeFixture.Blank();
        await AssertRefusedAsync(fixture, [fixture.Devices[0], blank.Devices[1]], VolumeFault.NotFormatted, "tier 'qlc'");
    }

    [Fact]
    public async Task Formatting_over_a_volume_needs_force()
    {
        await using var fixture = await ClosedAsync();
        var before = Changes(fixture.Devices);
        var refused = await Assert.ThrowsAsync<VolumeException>(() => fixture.FormatAsync());
        Assert.Equal(VolumeFault.AlreadyFormatted, refused.Fault);
        Assert.Contains("--force", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Changes(fixture.Devices));
        await fixture.OpenAsync();
        Assert.NotEqual(0ul, fixture.Find("f"));
    }

    [Fact]
    public async Task Formatting_with_force_leaves_an_empty_volume()
    {
        await using var fixture = await ClosedAsync();
        await fixture.FormatAsync(force: true);
        await fixture.OpenAsync();
        Assert.Equal(0ul, fixture.Find("f"));
        Assert.Equal(1ul, fixture.Volume.GetSpace().Files);
    }

    [Fact]
    public async Task A_device_of_another_volume_is_foreign()
    {
        await using var fixture = await ClosedAsync();
        await using var other = await ClosedAsync();
        await AssertRefusedAsync(fixture, [fixture.Devices[0], other.Devices[1]], VolumeFault.ForeignDevice, "belongs to volume");
    }

    [Fact]
    public async Task Swapped_tiers_are_told_by_their_numbers()
    {
        await using var fixture = await ClosedAsync();
        await AssertRefusedAsync(fixture, [fixture.Devices[1], fixture.Devices[0]], VolumeFault.ForeignDevice, "in the order of formatting");
    }

    [Fact]
    public async Task A_missing_device_is_counted()
    {
        await using var fixture = await ClosedAsync();
        await AssertRefusedAsync(fixture, [fixture.Devices[0]], VolumeFault.MissingDevice, "2 devices, but 1 were given");
    }

    [Fact]
    public async Task A_device_too_many_is_counted()
    {
        await using var fixture = await ClosedAsync();
        await AssertRefusedAsync(fixture, [.. fixture.Devices, fixture.Devices[1]], VolumeFault.ForeignDevice, "Take the extra tier out");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_newer_version_is_left_alone(int device)
    {
        await using var fixture = await ClosedAsync();
        await AppendSuperblockAsync(fixture.Devices[device].Device, newest => newest with { FormatVersion = Superblock.CurrentVersion + 1 });
        await AssertRefusedAsync(fixture, fixture.Devices, VolumeFault.NewerFormat, "newer version");
    }

    [Fact]
    public async Task An_unknown_feature_is_left_alone()
    {
        await using var fixture = await ClosedAsync();
        await AppendSuperblockAsync(fixture.Tlc, newest => newest with { IncompatibleFeatures = 1ul << 63 });
        await AssertRefusedAsync(fixture, fixture.Devices, VolumeFault.NewerFormat, "newer version");
    }

    [Fact]
    public async Task Damaged_superblocks_are_not_a_missing_volume()
    {
        await using var fixture = await ClosedAsync();
        fixture.Qlc.Rots = block => block.Zone.Index < 2;
        await AssertRefusedAsync(fixture, fixture.Devices, VolumeFault.Damaged, "Every superblock");
    }

    [Fact]
    public async Task The_newest_superblock_of_one_device_may_be_damaged()
    {
        await using var fixture = await ClosedAsync();
        var reports = await fixture.Tlc.ReportZonesAsync(CancellationToken.None);
        var newest = (await SuperblockRing.ReadNewestAsync(fixture.Tlc, reports, CancellationToken.None)).Zone;
        var last = reports[newest].WritePointer - Superblock.Size;
        fixture.Tlc.Rots = block => block.Zone.Index == newest && block.Offset == last;
        await fixture.OpenAsync();
        Assert.NotEqual(0ul, fixture.Find("f"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_newest_superblock_of_one_device_may_be_unreadable(int blocks)
    {
        await using var fixture = await ClosedAsync();
        var reports = await fixture.Tlc.ReportZonesAsync(CancellationToken.None);
        var before = await SuperblockRing.ReadNewestAsync(fixture.Tlc, reports, CancellationToken.None);
        fixture.Tlc.FailsRead = block => block.Zone.Index == before.Zone && block.Offset >= reports[before.Zone].WritePointer - blocks * Superblock.Size;
        var read = await SuperblockRing.ReadNewestAsync(fixture.Tlc, reports, CancellationToken.None);
        Assert.Equal(before.Superblock!.Generation - (blocks == 2 ? 1ul : 0), read.Superblock!.Generation);
        await fixture.OpenAsync();
        Assert.NotEqual(0ul, fixture.Find("f"));
        await fixture.ReopenAsync();
        Assert.NotEqual(0ul, fixture.Find("f"));
    }

    [Fact]
    public async Task Superblocks_that_cannot_be_read_at_all_are_not_a_missing_volume()
    {
        await using var fixture = await ClosedAsync();
        fixture.Qlc.FailsRead = block => block.Zone.Index < 2;
        await AssertRefusedAsync(fixture, fixture.Devices, VolumeFault.Device, "A superblock cannot be read");
    }

    [Fact]
    public async Task Another_geometry_than_when_formatting_is_told()
    {
        await using var fixture = await ClosedAsync();
        fixture.Qlc.PretendedGeometry = fixture.Qlc.Geometry with { ZoneCapacity = fixture.Qlc.Geometry.ZoneCapacity / 2 };
        await AssertRefusedAsync(fixture, fixture.Devices, VolumeFault.Geometry, "the volume was formatted with");
    }

    [Theory]
    [InlineData(19, 1 << 20, 0, "20 or more")]
    [InlineData(32, 128 << 10, 0, "262144 or more")]
    [InlineData(32, 1 << 20, 5, "6 or more of each")]
    public async Task A_device_that_is_too_small_is_not_formatted(int zones, long zoneBytes, int maxActive, string words)
    {
        var device = VolumeFixture.Device("tlc", zones, zoneBytes, maxActive: maxActive);
        await using var medium = ((TestDevice)device.Device).Inner;
        var refused = await Assert.ThrowsAsync<VolumeException>(
            () => Volume.FormatAsync([device], new FormatOptions { Uuid = Guid.NewGuid() }, VolumeFixture.Environment, null, CancellationToken.None));
        Assert.Equal(VolumeFault.Geometry, refused.Fault);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, Changes([device]));
    }

    [Fact]
    public async Task Zones_too_large_for_an_extent_to_name_their_blocks_are_not_formatted()
    {
        var device = VolumeFixture.Device("tlc", zones: 32, zoneBytes: (64L << 30) + 4096);
        await using var medium = ((TestDevice)device.Device).Inner;
        var refused = await Assert.ThrowsAsync<VolumeException>(
            () => Volume.FormatAsync([device], new FormatOptions { Uuid = Guid.NewGuid() }, VolumeFixture.Environment, null, CancellationToken.None));
        Assert.Equal(VolumeFault.Geometry, refused.Fault);
        Assert.Contains("64 GiB", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoint_roots_that_are_damaged_in_both_copies_are_told()
    {
        await using var fixture = await ClosedAsync();
        var newest = await NewestAsync(fixture.Tlc);
        var (root, second) = (newest.CheckpointRoot!.Value, newest.SecondRoot!.Value);
        fixture.Tlc.Rots = block => block == new ZoneAddress(new ZoneId((int)root.Zone), root.Block * 4096L);
        fixture.Qlc.Rots = block => block == new ZoneAddress(new ZoneId((int)second.Zone), second.Block * 4096L);
        await AssertRefusedAsync(fixture, fixture.Devices, VolumeFault.Damaged, "checkpoint root");
    }

    [Fact]
    public async Task Metadata_pages_that_are_damaged_in_both_copies_are_told()
    {
        await using var fixture = await ClosedAsync();
        var newest = await NewestAsync(fixture.Tlc);
        var (root, second) = (newest.CheckpointRoot!.Value, newest.SecondRoot!.Value);
        fixture.Tlc.Rots = block => block.Zone.Index == root.Zone && block.Offset < root.Block * 4096L;
        fixture.Qlc.Rots = block => block.Zone.Index == second.Zone && block.Offset < second.Block * 4096L;
        await AssertRefusedAsync(fixture, fixture.Devices, VolumeFault.Damaged, "is damaged");
    }

    [Fact]
    public async Task A_device_that_cannot_be_read_is_a_device_fault()
    {
        await using var fixture = await ClosedAsync();
        fixture.Tlc.FailsRead = _ => true;
        await AssertRefusedAsync(fixture, fixture.Devices, VolumeFault.Device, "superblock cannot be read");
    }

    [Fact]
    public async Task A_device_that_cannot_be_written_is_a_device_fault()
    {
        await using var fixture = await ClosedAsync();
        fixture.Tlc.FailsAppend = _ => Errno.EIO;
        var refused = await Assert.ThrowsAsync<VolumeException>(() => fixture.OpenAsync());
        Assert.Equal(VolumeFault.Device, refused.Fault);
        Assert.Contains("cannot be opened for writing", refused.Message, StringComparison.Ordinal);
        fixture.Tlc.Mend();
        await fixture.OpenAsync();
        Assert.NotEqual(0ul, fixture.Find("f"));
    }

    [Fact]
    public async Task Opened_read_only_a_volume_serves_everything_and_writes_nothing()
    {
        await using var fixture = await ClosedAsync();
        var before = Changes(fixture.Devices);
        await fixture.OpenAsync(new VolumeOptions { ReadOnly = true });
        var inode = fixture.Find("f");
        Assert.Equal(VolumeFixture.Bytes(10_000, 1), await fixture.ReadAsync(inode));
        await fixture.AssertSoundAsync();
        Assert.Equal(Errno.EROFS, (await fixture.Volume.OpenFileAsync(inode, OpenFlags.Write)).Error);
        Assert.Equal(Errno.EROFS, await fixture.Volume.UnlinkAsync(Volume.RootInode, VolumeFixture.Name("f")));
        Assert.Equal(Errno.EROFS, (await fixture.Volume.SetStatusAsync(inode, new FileStatusChanges { Mode = 0 })).Error);
        Assert.Equal(Errno.EROFS, fixture.Volume.Warm(inode));
        Assert.Equal(Errno.Ok, await fixture.Volume.SyncAsync());
        await fixture.CloseAsync();
        Assert.Equal(before, Changes(fixture.Devices));
    }

    [Fact]
    public async Task A_device_is_described_without_opening_it()
    {
        await using var fixture = await ClosedAsync();
        var described = await Volume.DescribeAsync(fixture.Qlc, CancellationToken.None);
        Assert.Equal(("qlc", 1, 2, 64), (described!.Tier, described.DeviceIndex, described.DeviceCount, described.ZoneCount));
        await using var blank = VolumeFixture.Blank();
        Assert.Null(await Volume.DescribeAsync(blank.Qlc, CancellationToken.None));
    }

    private static async Task<VolumeFixture> ClosedAsync()
    {
        var fixture = await VolumeFixture.CreateAsync();
        await fixture.CreateFileAsync("f", VolumeFixture.Bytes(10_000, 1));
        await fixture.CloseAsync();
        return fixture;
    }

    private static async Task AssertRefusedAsync(VolumeFixture fixture, IReadOnlyList<TierDevice> devices, VolumeFault fault, string words)
    {
        var before = Changes(devices);
        var refused = await Assert.ThrowsAsync<VolumeException>(
            () => Volume.OpenAsync(devices, fixture.Options, fixture.Logged, CancellationToken.None));
        Assert.Equal(fault, refused.Fault);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Changes(devices));
    }

    private static int Changes(IReadOnlyList<TierDevice> devices) => devices.Sum(tier => ((TestDevice)tier.Device).Changes);

    private static async Task<Superblock> NewestAsync(IZonedDevice device) =>
        (await SuperblockRing.ReadNewestAsync(device, await device.ReportZonesAsync(CancellationToken.None), CancellationToken.None)).Superblock!;

    private static async Task AppendSuperblockAsync(IZonedDevice device, Func<Superblock, Superblock> change)
    {
        var newest = await NewestAsync(device);
        await new SuperblockRing(device, new WriteMeter()).AppendAsync(change(newest) with { Generation = newest.Generation + 1 });
    }
}
