using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Bytes that changed on the medium are never served, never copied, and harm only the file that they belong to.</summary>
public sealed class VolumeDamageTests
{
    private const int Length = 200_000;

    [Fact]
    public async Task A_rotten_block_fails_its_file_only_and_check_names_it()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var directory = await fixture.MakeDirectoryAsync("d");
        var bad = await fixture.CreateFileAsync("bad", VolumeFixture.Bytes(Length, 1), directory);
        var good = await fixture.CreateFileAsync("good", VolumeFixture.Bytes(Length, 2));
        await fixture.SyncAsync();
        Rot(fixture, bad, fileOffset: 8192);
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(bad)).Error);
        Assert.Equal(VolumeFixture.Bytes(Length, 2), await fixture.ReadAsync(good));
        Assert.Contains(fixture.Log.Lines, line => line.Contains($"Inode {bad}: bytes", StringComparison.Ordinal));
        var report = await fixture.Volume.CheckAsync(null, CancellationToken.None);
        Assert.Contains("/d/bad (inode", Assert.Single(report.Damage), StringComparison.Ordinal);
        Assert.Equal(2, report.FilesChecked);
        Assert.Null(fixture.Volume.GetVolumeStatus().Failure);
    }

    [Fact]
    public async Task The_sound_part_of_a_damaged_file_can_be_read_and_the_rotten_part_overwritten()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var content = VolumeFixture.Bytes(Length, 1);
        var inode = await fixture.CreateFileAsync("f", content);
        await fixture.SyncAsync();
        Rot(fixture, inode, fileOffset: 8192);
        Assert.Equal(content[..8192], await fixture.ReadAsync(inode, 0, 8192));
        Assert.Equal(Errno.EIO, await fixture.TryWriteAsync(inode, 9000, [1, 2, 3]));
        content.AsSpan(8192, 4096).Fill(7);
        await fixture.WriteAsync(inode, 8192, [.. Enumerable.Repeat((byte)7, 4096)], sync: true);
        Assert.Equal(content, await fixture.ReadAsync(inode));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task A_read_error_of_the_device_is_as_damage_and_passes_with_it()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(Length, 1));
        await fixture.SyncAsync();
        var zone = fixture.Place(inode).Extents[0].Zone;
        fixture.Tlc.FailsRead = from => from.Zone.Index == zone;
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(inode)).Error);
        fixture.Tlc.Mend();
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task A_rotten_copy_costs_nothing_because_the_authority_serves()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var inode = await fixture.CreateFileAsync("m.gguf", VolumeFixture.Bytes(Length, 1));
        await fixture.SyncAsync();
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, "tlc"));
        await Eventually.HoldsAsync(() => fixture.Place(inode).PromotedBytes >= Length);
        var copy = fixture.Place(inode).Extents.First(extent => extent.Promoted);
        fixture.Tlc.Rots = block => block == new ZoneAddress(new ZoneId(copy.Zone), copy.ZoneOffset);
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        Assert.Contains(fixture.Log.Lines, line => line.Contains("clean copy", StringComparison.Ordinal));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task The_mover_never_puts_a_fresh_checksum_on_rotten_bytes()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var bad = await fixture.CreateFileAsync("bad", VolumeFixture.Bytes(Length, 1));
        var good = await fixture.CreateFileAsync("good", VolumeFixture.Bytes(Length, 2));
        await fixture.SyncAsync();
        Rot(fixture, bad, fileOffset: 40_960);
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(bad, "qlc"));
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(good, "qlc"));
        await Eventually.HoldsAsync(() => fixture.Place(good).BytesByTier["tlc"] == 0);
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(bad)).Error);
        fixture.Tlc.Rots = null;
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(bad));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Cleaning_leaves_rotten_bytes_where_they_are_and_goes_on_with_other_zones()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover, zones: 20, slowZones: 14);
        var bad = await fixture.CreateFileAsync("bad", VolumeFixture.Bytes(Length, 1));
        await fixture.SyncAsync();
        Rot(fixture, bad, fileOffset: 4096);
        for (var i = 0; i < 60; i++)
            await fixture.WriteAsync(await FindOrCreateAsync(fixture, $"churn{i % 4}"), 0, VolumeFixture.Bytes(1 << 20, i), sync: i % 4 == 0);
        for (var i = 56; i < 60; i++) Assert.Equal(VolumeFixture.Bytes(1 << 20, i), await fixture.ReadAsync(fixture.Find($"churn{i % 4}")));
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(bad, 4096, 4096)).Error);
        fixture.Tlc.Rots = null;
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(bad));
    }

    [Fact]
    public async Task A_lost_footer_only_costs_the_cleaner_a_search()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover, zones: 20, slowZones: 14);
        var kept = await fixture.CreateFileAsync("kept", VolumeFixture.Bytes(Length, 1));
        await fixture.SyncAsync();
        var capacity = fixture.Tlc.Geometry.ZoneCapacity;
        fixture.Tlc.Rots = block => block.Zone.Index >= 2 && block.Offset == capacity - 4096;
        await fixture.ReopenAsync();
        for (var i = 0; i < 60; i++)
            await fixture.WriteAsync(await FindOrCreateAsync(fixture, $"churn{i % 4}"), 0, VolumeFixture.Bytes(900_000, i), sync: true);
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(kept));
        Assert.True(fixture.Volume.GetVolumeStatus().Tiers[0].ZoneResets > 10);
    }

    private static async Task<ulong> FindOrCreateAsync(VolumeFixture fixture, string name) =>
        fixture.Find(name) is > 0 and var inode ? inode : await fixture.CreateFileAsync(name);

    /// <summary>Rots the block that holds a position of the file, wherever it lies now.</summary>
    private static void Rot(VolumeFixture fixture, ulong inode, long fileOffset)
    {
        var extent = fixture.Place(inode).Extents.Single(extent => extent.FileOffset <= fileOffset && fileOffset < extent.FileOffset + extent.Length);
        var device = extent.Tier == "tlc" ? fixture.Tlc : fixture.Qlc;
        var rotten = new ZoneAddress(new ZoneId(extent.Zone), extent.ZoneOffset + (fileOffset - extent.FileOffset) / 4096 * 4096);
        device.Rots = block => block == rotten;
    }
}
