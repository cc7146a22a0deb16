using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>All checkpointed metadata is there twice: no damaged block, and with two devices no lost device, takes it away.</summary>
public class VolumeMetadataCopyTests
{
    private static readonly VolumeOptions ReadOnly = new() { ReadOnly = true };
    private static readonly VolumeOptions WithoutMissing = new() { ReadOnly = true, WithoutMissing = true };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Any_one_block_of_metadata_may_be_damaged(int devices)
    {
        await using var fixture = await ClosedAsync(devices);
        var damaged = 0;
        foreach (var tier in fixture.Devices)
        {
            var device = (TestDevice)tier.Device;
            foreach (var block in await BlocksAsync(device))
            {
                device.Rots = read => read == block;
                await fixture.OpenAsync(ReadOnly);
                AssertNames(fixture);
                await fixture.CloseAsync();
                damaged++;
            }
            device.Rots = null;
        }
        Assert.InRange(damaged, 40, 2000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_is_damaged_in_one_copy_is_whole_in_both_after_the_next_mount(int devices)
    {
        await using var fixture = await ClosedAsync(devices);
        var first = await ZonesOfAsync(fixture, copy: 0);
        fixture.Tlc.Rots = block => first.Contains(block.Zone.Index);
        await fixture.OpenAsync();
        Assert.Contains(fixture.Log.Lines, line => line.Contains("Copy 1 of the metadata, on tier tlc, is damaged", StringComparison.Ordinal));
        await fixture.CloseAsync();
        var (newFirst, second) = (await ZonesOfAsync(fixture, copy: 0), await ZonesOfAsync(fixture, copy: 1));
        Assert.Empty(newFirst.Intersect(first)); // the damaged zones are used no more
        fixture.Tlc.Rots = block => first.Contains(block.Zone.Index) || (devices == 1 && second.Contains(block.Zone.Index));
        if (devices == 2) fixture.Qlc.Rots = block => second.Contains(block.Zone.Index);
        await fixture.OpenAsync();
        AssertNames(fixture);
    }

    [Fact]
    public async Task A_damaged_page_of_checksums_is_taken_from_the_other_copy()
    {
        await using var fixture = await ClosedAsync(2);
        var first = await ZonesOfAsync(fixture, copy: 0);
        fixture.Tlc.Spoils = (block, bytes) =>
        {
            if (first.Contains(block.Zone.Index) && bytes[8] == 2) bytes[100] ^= 1; // kind 2: checksums
        };
        await fixture.OpenAsync();
        for (var i = 0; i < 20; i++) Assert.Equal(VolumeFixture.Bytes(50_000, i), await fixture.ReadAsync(fixture.Find($"f{i}")));
        await fixture.AssertSoundAsync();
        Assert.Contains(fixture.Log.Lines, line => line.Contains("Checksum page", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_copy_whose_device_refuses_it_is_given_up_and_whole_again_after_the_next_mount()
    {
        await using var fixture = await ClosedAsync(2);
        await fixture.OpenAsync();
        fixture.Qlc.FailsAppend = _ => Errno.EIO;
        await fixture.CreateFileAsync("late");
        await fixture.CloseAsync();
        Assert.Contains(fixture.Log.Lines, line => line.Contains("Copy 2 of the metadata, on tier qlc, cannot be written", StringComparison.Ordinal));
        fixture.Qlc.Mend();
        await fixture.OpenAsync();
        Assert.NotEqual(0ul, fixture.Find("late"));
        await fixture.CloseAsync();
        var first = await ZonesOfAsync(fixture, copy: 0);
        fixture.Tlc.Rots = block => first.Contains(block.Zone.Index);
        await fixture.OpenAsync();
        Assert.NotEqual(0ul, fixture.Find("late"));
        AssertNames(fixture);
    }

    [Fact]
    public async Task A_lost_fast_device_after_a_clean_close_costs_nothing_that_lies_elsewhere()
    {
        await using var fixture = await WithWeightsAsync();
        await fixture.CloseAsync();
        fixture.Tlc.SetPower(on: false);
        var refused = await Assert.ThrowsAsync<VolumeException>(() => fixture.OpenAsync());
        Assert.Equal(VolumeFault.Device, refused.Fault);
        await fixture.OpenAsync(WithoutMissing);
        await AssertWeightsAndLostAsync(fixture);
        Assert.Contains(fixture.Log.Lines, line => line.Contains("The device of tier tlc is missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_fast_device_that_is_lost_while_mounted_takes_no_metadata_with_it()
    {
        await using var fixture = await WithWeightsAsync();
        await fixture.CreateFileAsync("synced");
        await fixture.SyncAsync();
        await fixture.CreateFileAsync("unsynced");
        fixture.Tlc.SetPower(on: false);
        Assert.Equal(Errno.EIO, await fixture.Volume.SyncAsync());
        Assert.Contains("all metadata was saved", fixture.Volume.GetVolumeStatus().Failure, StringComparison.Ordinal);
        await fixture.CloseAsync();
        await fixture.OpenAsync(WithoutMissing);
        Assert.NotEqual(0ul, fixture.Find("synced"));
        Assert.NotEqual(0ul, fixture.Find("unsynced"));
        await AssertWeightsAndLostAsync(fixture);
    }

    [Fact]
    public async Task A_fast_device_that_comes_back_counts_with_all_that_was_synced()
    {
        await using var fixture = await WithWeightsAsync();
        var inode = await fixture.CreateFileAsync("synced", VolumeFixture.Bytes(30_000, 5));
        Assert.Equal(Errno.Ok, await fixture.FsyncAsync(inode));
        fixture.Tlc.SetPower(on: false);
        await fixture.Volume.UnlinkAsync(Volume.RootInode, VolumeFixture.Name("synced")); // never synced
        Assert.Equal(Errno.EIO, await fixture.Volume.SyncAsync());
        await fixture.CloseAsync();
        fixture.Tlc.SetPower(on: true);
        for (var mount = 0; mount < 2; mount++)
        {
            await fixture.OpenAsync();
            Assert.Equal(VolumeFixture.Bytes(30_000, 5), await fixture.ReadAsync(fixture.Find("synced")));
            Assert.Equal(VolumeFixture.Bytes(3 << 20, 9), await fixture.ReadAsync(fixture.Find("model.gguf")));
            await fixture.AssertSoundAsync();
            await fixture.CreateFileAsync($"again{mount}");
            await fixture.CloseAsync();
        }
    }

    [Fact]
    public async Task Without_its_slow_device_a_volume_shows_what_is_on_the_fast_one()
    {
        await using var fixture = await WithWeightsAsync();
        await fixture.CloseAsync();
        fixture.Qlc.SetPower(on: false);
        await fixture.OpenAsync(WithoutMissing);
        Assert.Equal(VolumeFixture.Bytes(40_000, 1), await fixture.ReadAsync(fixture.Find("small")));
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(fixture.Find("model.gguf"))).Error);
    }

    [Fact]
    public async Task A_volume_of_the_first_format_gets_its_second_copy_when_it_is_mounted()
    {
        await using var fixture = await ClosedAsync(2);
        foreach (var device in new[] { fixture.Tlc, fixture.Qlc })
        {
            var newest = await NewestAsync(device);
            await new SuperblockRing(device, new WriteMeter()).AppendAsync(newest with { FormatVersion = 1, SecondRoot = null });
        }
        var old = await ZonesOfAsync(fixture, copy: 0);
        await fixture.OpenAsync();
        AssertNames(fixture);
        await fixture.CloseAsync();
        Assert.Equal(2u, (await NewestAsync(fixture.Tlc)).FormatVersion);
        fixture.Tlc.Rots = block => old.Contains(block.Zone.Index) || block.Zone.Index > 1;
        await fixture.OpenAsync(ReadOnly);
        AssertNames(fixture);
    }

    private static async Task<VolumeFixture> ClosedAsync(int devices)
    {
        var fixture = VolumeFixture.Blank(devices: devices);
        await fixture.FormatAsync();
        await fixture.OpenAsync();
        for (var i = 0; i < 20; i++) await fixture.CreateFileAsync($"f{i}", VolumeFixture.Bytes(50_000, i));
        await fixture.SyncAsync();
        await fixture.ReopenAsync(); // pages of several checkpoints
        await fixture.CreateFileAsync("last");
        await fixture.CloseAsync();
        return fixture;
    }

    private static async Task<VolumeFixture> WithWeightsAsync()
    {
        var fixture = await VolumeFixture.CreateAsync();
        await fixture.CreateFileAsync("small", VolumeFixture.Bytes(40_000, 1));
        var model = await fixture.CreateFileAsync("model.gguf");
        await fixture.Volume.SetClassAsync(model, FileClass.Weights);
        await fixture.WriteAsync(model, 0, VolumeFixture.Bytes(3 << 20, 9), sync: true);
        await fixture.SyncAsync();
        Assert.Equal(3L << 20, fixture.Place(model).BytesByTier["qlc"]);
        return fixture;
    }

    private static async Task AssertWeightsAndLostAsync(VolumeFixture fixture)
    {
        Assert.Equal(VolumeFixture.Bytes(3 << 20, 9), await fixture.ReadAsync(fixture.Find("model.gguf")));
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(fixture.Find("small"))).Error);
    }

    private static void AssertNames(VolumeFixture fixture)
    {
        for (var i = 0; i < 20; i++) Assert.NotEqual(0ul, fixture.Find($"f{i}"));
        Assert.NotEqual(0ul, fixture.Find("last"));
    }

    /// <summary>Every written block of superblocks, journal and metadata: of what begins like a page, or lies in the ring.</summary>
    private static async Task<List<ZoneAddress>> BlocksAsync(TestDevice device)
    {
        var blocks = new List<ZoneAddress>();
        using var memory = new AlignedMemory(4096);
        foreach (var report in await device.ReportZonesAsync(CancellationToken.None))
        {
            if (report.WritePointer == 0) continue;
            await device.ReadAsync(new ZoneAddress(report.Zone, 0), memory.Memory, CancellationToken.None);
            var isMetadata = report.Zone.Index < 2 || memory.GetSpan()[4..8].SequenceEqual("ZTPG"u8);
            for (var at = 0L; isMetadata && at < report.WritePointer && at < 64 * 4096; at += 4096) blocks.Add(new ZoneAddress(report.Zone, at));
        }
        return blocks;
    }

    /// <summary>Zones with pages that the copy's root names, or the root itself.</summary>
    private static async Task<HashSet<int>> ZonesOfAsync(VolumeFixture fixture, int copy)
    {
        var newest = await NewestAsync(fixture.Tlc);
        var at = (copy == 0 ? newest.CheckpointRoot : newest.SecondRoot)!.Value;
        var device = fixture.Devices[at.Device].Device;
        using var page = new AlignedMemory(16384);
        await device.ReadAsync(new ZoneAddress(new ZoneId((int)at.Zone), at.Block * 4096L), page.Memory, CancellationToken.None);
        Assert.True(CheckpointRoot.TryRead(page.GetSpan(), newest.Uuid, out var root, out var problem), problem);
        var zones = new HashSet<int> { (int)at.Zone };
        foreach (var place in root.TreeTable.Concat(root.ChecksumTable))
        {
            zones.Add((int)place.Zone);
            await device.ReadAsync(new ZoneAddress(new ZoneId((int)place.Zone), place.Block * 4096L), page.Memory, CancellationToken.None);
            for (var entry = 64; entry < 16384; entry += 8)
                if (BitConverter.ToUInt32(page.GetSpan()[entry..]) is var zone and not uint.MaxValue) zones.Add((int)zone);
        }
        return zones;
    }

    private static async Task<Superblock> NewestAsync(IZonedDevice device) =>
        (await SuperblockRing.ReadNewestAsync(device, await device.ReportZonesAsync(CancellationToken.None), CancellationToken.None)).Superblock!;
}
