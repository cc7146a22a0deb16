using System.Globalization;
using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Checking;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Linux;
using Mode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Each kind of damage: check finds it and nothing else, repair mends it and nothing else, and the next check finds nothing.</summary>
public sealed class VolumeRepairTests
{
    [Fact]
    public async Task A_sound_volume_has_no_findings_and_a_repair_nothing_to_do()
    {
        await using var broken = await BrokenVolume.CreateAsync();
        var before = broken.Fixture.Tlc.Changes;
        Assert.Empty((await broken.CheckAsync()).Damage);
        await using var repair = await broken.PlanAsync();
        Assert.Empty(repair.Steps);
        Assert.Equal(before, broken.Fixture.Tlc.Changes);
    }

    /// <summary>After these every item is again as it was.</summary>
    [Theory]
    [InlineData("links of a file", FindingKind.Links)]
    [InlineData("links of a directory", FindingKind.Links)]
    [InlineData("links of the root", FindingKind.Links)]
    [InlineData("blocks", FindingKind.Blocks)]
    [InlineData("dangling entry", FindingKind.Entry)]
    [InlineData("entry type", FindingKind.Entry)]
    [InlineData("entry under a wrong key", FindingKind.Entry)]
    [InlineData("entry twice", FindingKind.Entry)]
    [InlineData("malformed entry", FindingKind.Entry)]
    [InlineData("entry for the root", FindingKind.Entry)]
    [InlineData("second name of a directory", FindingKind.Entry)]
    [InlineData("unknown parent", FindingKind.Record)]
    [InlineData("mark on a file", FindingKind.Orphan)]
    [InlineData("mark on nothing", FindingKind.Orphan)]
    [InlineData("items without record", FindingKind.Stray)]
    [InlineData("unknown kind", FindingKind.Stray)]
    [InlineData("name in a file", FindingKind.Stray)]
    [InlineData("pin", FindingKind.Record)]
    [InlineData("flags", FindingKind.Record)]
    [InlineData("type", FindingKind.Record)]
    [InlineData("type of a directory", FindingKind.Record)]
    [InlineData("link's size", FindingKind.Symlink)]
    [InlineData("target of a file", FindingKind.Symlink)]
    [InlineData("attribute's part", FindingKind.Attribute)]
    [InlineData("malformed attribute", FindingKind.Attribute)]
    [InlineData("copy of nothing", FindingKind.Copy)]
    [InlineData("copy nowhere", FindingKind.Copy)]
    [InlineData("next inode number", FindingKind.InodeNumber)]
    public async Task What_only_contradicts_itself_is_put_right(string damage, FindingKind expected)
    {
        await using var broken = await BrokenVolume.CreateAsync();
        var before = await broken.ItemsAsync();
        await broken.BreakAsync(state => ItemDamage.Break(broken, state, damage));
        var finding = Assert.Single((await broken.CheckAsync()).Findings);
        Assert.Equal((expected, true), (finding.Kind, finding.Repairable));
        Assert.Single(await broken.RepairAsync());
        Assert.Empty((await broken.CheckAsync()).Damage);
        Assert.Equal(before, await broken.ItemsAsync());
        await AssertContentAsync(broken);
    }

    [Fact]
    public async Task A_plan_alone_changes_nothing()
    {
        await using var broken = await BrokenVolume.CreateAsync();
        await broken.BreakAsync(state => ItemDamage.Break(broken, state, "blocks"));
        var (changes, items) = (broken.Fixture.Tlc.Changes, await broken.ItemsAsync());
        await using (var repair = await broken.PlanAsync()) Assert.Single(repair.Steps);
        Assert.Equal(changes, broken.Fixture.Tlc.Changes);
        Assert.Equal(items, await broken.ItemsAsync());
    }

    [Fact]
    public async Task A_file_without_a_name_is_found_in_lost_and_found()
    {
        await using var broken = await BrokenVolume.CreateAsync();
        await broken.BreakAsync(state => state.Items.Delete(BrokenVolume.EntryKey(broken.Inner, "deep")));
        Assert.Equal(FindingKind.Unreachable, Assert.Single((await broken.CheckAsync()).Findings).Kind);
        await broken.RepairAsync();
        Assert.Empty((await broken.CheckAsync()).Damage);
        await broken.Fixture.OpenAsync();
        Assert.Equal(broken.Deep, broken.Fixture.Find(Number(broken.Deep), broken.Fixture.Find(LostAndFound.Folder)));
        Assert.Equal(VolumeFixture.Bytes(BrokenVolume.Length, 2), await broken.Fixture.ReadAsync(broken.Deep));
    }

    [Fact]
    public async Task Directories_inside_of_each_other_come_back_with_all_below_them()
    {
        await using var broken = await BrokenVolume.CreateAsync();
        await broken.BreakAsync(state =>
        {
            state.Items.Delete(BrokenVolume.EntryKey(Volume.RootInode, "outer"));
            BrokenVolume.PutEntry(state, broken.Inner, "outer", broken.Outer, Mode.S_IFDIR);
            BrokenVolume.ChangeRecord(state, Volume.RootInode, (ref InodeRecord record) => record.LinkCount--);
            BrokenVolume.ChangeRecord(state, broken.Inner, (ref InodeRecord record) => record.LinkCount++);
            BrokenVolume.ChangeRecord(state, broken.Outer, (ref InodeRecord record) => record.Parent = broken.Inner);
        });
        Assert.Equal(FindingKind.Unreachable, Assert.Single((await broken.CheckAsync()).Findings).Kind);
        await broken.RepairAsync();
        Assert.Empty((await broken.CheckAsync()).Damage);
        await AssertContentAsync(broken);
    }

    [Fact]
    public async Task A_lost_record_of_a_directory_costs_its_name_and_not_its_files()
    {
        await using var broken = await BrokenVolume.CreateAsync();
        await broken.BreakAsync(state => state.Items.Delete(ItemKeys.Of(broken.Outer, ItemKind.Inode)));
        await broken.RepairAsync();
        Assert.Empty((await broken.CheckAsync()).Damage);
        await AssertContentAsync(broken);
    }

    [Fact]
    public async Task A_lost_record_of_the_root_costs_no_name()
    {
        await using var broken = await BrokenVolume.CreateAsync();
        await broken.BreakAsync(state => state.Items.Delete(ItemKeys.Of(Volume.RootInode, ItemKind.Inode)));
        await broken.RepairAsync();
        Assert.Empty((await broken.CheckAsync()).Damage);
        await broken.Fixture.OpenAsync();
        Assert.Equal(broken.Outer, broken.Fixture.Find("outer"));
        Assert.Equal(0ul, broken.Fixture.Find(LostAndFound.Folder));
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_goes_with_its_names()
    {
        await using var broken = await BrokenVolume.CreateAsync();
        await broken.BreakAsync(state => state.Items.Put(ItemKeys.Of(broken.Deep, ItemKind.Inode), [1, 2, 3]));
        await broken.RepairAsync();
        Assert.Empty((await broken.CheckAsync()).Damage);
        await broken.Fixture.OpenAsync();
        Assert.Equal(0ul, broken.Fixture.Find("deep", broken.Inner));
    }

    [Fact]
    public async Task An_attribute_without_all_its_parts_is_removed_and_the_others_stay()
    {
        await using var broken = await BrokenVolume.CreateAsync();
        var key = NameKey.First(VolumeFixture.Name("user.long").Span);
        await broken.BreakAsync(state => state.Items.Delete(ItemKeys.Of(broken.File, ItemKind.XattrPart, key + 1)));
        Assert.Equal(FindingKind.Attribute, Assert.Single((await broken.CheckAsync()).Findings).Kind);
        await broken.RepairAsync();
        Assert.Empty((await broken.CheckAsync()).Damage);
        await broken.Fixture.OpenAsync();
        Assert.Equal(Errno.ENODATA, broken.Fixture.Volume.GetXattr(broken.File, VolumeFixture.Name("user.long").Span, []).Error);
        Assert.Equal(100, broken.Fixture.Volume.GetXattr(broken.File, VolumeFixture.Name("user.short").Span, []).Value);
    }

    [Theory]
    [InlineData("outside")]
    [InlineData("superblock")]
    [InlineData("malformed")]
    [InlineData("overlap")]
    [InlineData("missing")]
    public async Task Bytes_that_nobody_knows_read_EIO_and_never_as_zeros_or_as_others(string damage)
    {
        await using var broken = await BrokenVolume.CreateAsync();
        await broken.BreakAsync(state => ItemDamage.BreakExtents(broken, state, damage));
        var expected = damage == "missing" ? FindingKind.Blocks : FindingKind.Extent;
        Assert.Equal(expected, Assert.Single((await broken.CheckAsync()).Findings).Kind);
        await broken.RepairAsync();
        var lost = Assert.Single((await broken.CheckAsync()).Findings);
        Assert.Equal((FindingKind.Lost, false), (lost.Kind, lost.Repairable));
        await broken.Fixture.OpenAsync();
        Assert.Equal(Errno.EIO, (await broken.Fixture.TryReadAsync(broken.Deep, lost.From!.Value, 4096)).Error);
        Assert.Equal(VolumeFixture.Bytes(BrokenVolume.Length, 1), await broken.Fixture.ReadAsync(broken.File));
        byte[] whole = [.. VolumeFixture.Bytes(BrokenVolume.Length, 3), .. new byte[4096 - BrokenVolume.Length % 4096]];
        await broken.Fixture.WriteAsync(broken.Deep, 0, whole, sync: true); // whole blocks: none of the old bytes is needed
        Assert.Equal(whole, await broken.Fixture.ReadAsync(broken.Deep));
        await broken.Fixture.CloseAsync();
        Assert.Empty((await broken.CheckAsync()).Damage);
    }

    [Fact]
    public async Task Of_two_files_on_the_same_blocks_neither_shows_the_others_bytes()
    {
        await using var broken = await BrokenVolume.CreateAsync();
        await broken.BreakAsync(state =>
        {
            var (mine, others) = (BrokenVolume.FirstExtent(state, broken.Deep), BrokenVolume.FirstExtent(state, broken.File));
            Assert.True(mine.Count > 10 && others.Count > 10);
            state.Extents.Remove(ItemKind.Extent, broken.Deep, 5, 3);
            state.Extents.Insert(ItemKind.Extent, broken.Deep, new Extent(5, 3, others.At.Plus(7)));
        });
        var findings = (await broken.CheckAsync()).Findings;
        Assert.Equal([broken.File, broken.Deep], findings.Select(finding => finding.Inode!.Value).Order());
        Assert.All(findings, finding => Assert.Equal(FindingKind.Shared, finding.Kind));
        await broken.RepairAsync();
        Assert.All((await broken.CheckAsync()).Findings, finding => Assert.Equal(FindingKind.Lost, finding.Kind));
        await broken.Fixture.OpenAsync();
        Assert.Equal(Errno.EIO, (await broken.Fixture.TryReadAsync(broken.Deep, 5 * 4096, 4096)).Error);
        Assert.Equal(Errno.EIO, (await broken.Fixture.TryReadAsync(broken.File, 7 * 4096, 4096)).Error);
        Assert.Equal(VolumeFixture.Bytes(BrokenVolume.Length, 1)[..(7 * 4096)], await broken.Fixture.ReadAsync(broken.File, 0, 7 * 4096));
    }

    [Fact]
    public async Task A_lost_range_goes_with_its_file_and_a_new_file_is_sound()
    {
        await using var broken = await BrokenVolume.CreateAsync();
        await broken.BreakAsync(state => ItemDamage.BreakExtents(broken, state, "outside"));
        await broken.RepairAsync();
        await broken.Fixture.OpenAsync();
        await broken.Fixture.UnlinkAsync("deep", broken.Inner);
        await broken.Fixture.SyncAsync();
        await broken.Fixture.ReopenAsync();
        await broken.Fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task A_damaged_copy_is_dropped_and_the_original_serves()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var inode = await fixture.CreateFileAsync("m.gguf", VolumeFixture.Bytes(BrokenVolume.Length, 1));
        await fixture.SyncAsync();
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, "tlc"));
        await Eventually.HoldsAsync(() => fixture.Place(inode).PromotedBytes >= BrokenVolume.Length);
        var copy = fixture.Place(inode).Extents.First(extent => extent.Promoted);
        await fixture.CloseAsync();
        fixture.Tlc.Rots = block => block == new ZoneTierFS.Devices.ZoneAddress(new ZoneTierFS.Devices.ZoneId(copy.Zone), copy.ZoneOffset);
        await using (var repair = await VolumeRepair.PlanAsync(fixture.Devices, fixture.Options, fixture.Logged, null, CancellationToken.None))
        {
            var finding = Assert.Single(repair.Found.Findings);
            Assert.Equal((FindingKind.Copy, "tlc", copy.Zone), (finding.Kind, finding.Tier, finding.Zone));
            Assert.Null(Assert.Single(repair.Steps).Loss);
            await repair.RunAsync();
        }
        Assert.Empty((await Volume.CheckDevicesAsync(fixture.Devices, fixture.Options, fixture.Logged, null, CancellationToken.None)).Damage);
        await fixture.OpenAsync(new VolumeOptions { ReadOnly = true });
        Assert.Equal(VolumeFixture.Bytes(BrokenVolume.Length, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task Rotten_data_is_named_with_its_place_and_no_repair_claims_to_mend_it()
    {
        await using var broken = await BrokenVolume.CreateAsync();
        var at = default(Location);
        await broken.BreakAsync(state => at = BrokenVolume.FirstExtent(state, broken.Deep).At.Plus(3));
        var device = at.Device == 0 ? broken.Fixture.Tlc : broken.Fixture.Qlc;
        device.Rots = block => block.Zone.Index == at.Zone && block.Offset == at.Block * 4096L;
        var finding = Assert.Single((await broken.CheckAsync()).Findings);
        Assert.Equal(("/outer/inner/deep", 3 * 4096L, 4 * 4096L, at.Zone), (finding.Path, finding.From, finding.To, finding.Zone));
        await using var repair = await broken.PlanAsync();
        Assert.Empty(repair.Steps);
        Assert.Equal(FindingKind.Data, Assert.Single(repair.Remaining).Kind);
    }

    /// <summary>Whatever came together: a repair ends where nothing is left to do, and no file shows a byte that was not its own.</summary>
    [Fact]
    public async Task Any_mixture_of_damage_ends_in_a_volume_that_agrees()
    {
        for (var seed = 0; seed < 25; seed++)
        {
            var random = new Random(seed);
            await using var broken = await BrokenVolume.CreateAsync();
            await broken.BreakAsync(state =>
            {
                for (var i = random.Next(1, 6); i > 0; i--) ItemDamage.BreakAny(broken, state, random);
            });
            await broken.RepairAsync();
            var left = (await broken.CheckAsync()).Findings;
            Assert.True(left.All(finding => finding.Kind == FindingKind.Lost), $"seed {seed}: {string.Join("; ", left)}");
            await broken.Fixture.OpenAsync();
            await AssertNothingForeignAsync(broken, broken.File, 1);
            await AssertNothingForeignAsync(broken, broken.Deep, 2);
        }
    }

    private static async Task AssertNothingForeignAsync(BrokenVolume broken, ulong inode, int content)
    {
        if (!broken.Fixture.Volume.GetStatus(inode).IsOk) return;
        var expected = VolumeFixture.Bytes(BrokenVolume.Length, content);
        for (var at = 0; at < BrokenVolume.Length; at += 4096)
        {
            var read = await broken.Fixture.TryReadAsync(inode, at, 4096);
            if (read.IsOk) Assert.Equal(expected[at..Math.Min(at + 4096, BrokenVolume.Length)], read.Value);
            else Assert.Equal(Errno.EIO, read.Error);
        }
    }

    private static string Number(ulong inode) => string.Create(CultureInfo.InvariantCulture, $"#{inode}");

    /// <summary>Both files, wherever they are now, have the bytes that they had.</summary>
    private static async Task AssertContentAsync(BrokenVolume broken)
    {
        await broken.Fixture.CloseAsync();
        await broken.Fixture.OpenAsync();
        Assert.Equal(VolumeFixture.Bytes(BrokenVolume.Length, 1), await broken.Fixture.ReadAsync(broken.File));
        Assert.Equal(VolumeFixture.Bytes(BrokenVolume.Length, 2), await broken.Fixture.ReadAsync(broken.Deep));
        await broken.Fixture.CloseAsync();
    }
}
