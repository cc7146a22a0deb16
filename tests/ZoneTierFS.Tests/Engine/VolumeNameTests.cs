using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using Mode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Listings, extended attributes, and what modes and owners hand down.</summary>
public sealed class VolumeNameTests
{
    [Fact]
    public async Task A_number_that_only_ends_like_an_inodes_is_no_inode()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(10_000, 1));
        var alike = inode | 1ul << 56;
        Assert.Equal(Errno.ENOENT, fixture.Volume.GetStatus(alike).Error);
        Assert.Equal(Errno.ENOENT, (await fixture.Volume.OpenFileAsync(alike, OpenFlags.Read)).Error);
        Assert.Equal(Errno.ENOENT, (await fixture.Volume.SetStatusAsync(alike, new FileStatusChanges { Size = 0 })).Error);
        Assert.Equal(Errno.ENOENT, fixture.Volume.Lookup(Volume.RootInode | 1ul << 63, "f"u8).Error);
        Assert.Equal(VolumeFixture.Bytes(10_000, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task A_listing_has_every_entry_once_while_others_come_and_go()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { CommitInterval = TimeSpan.FromMinutes(5) });
        var directory = await fixture.MakeDirectoryAsync("d");
        for (var i = 0; i < 10_000; i++) await fixture.CreateFileAsync($"stays{i}", null, directory);
        for (var i = 0; i < 500; i++) await fixture.CreateFileAsync($"goes{i}", null, directory);
        var round = 0;
        var entries = Listing.Read(fixture.Volume, directory, perCall: 97, between: () =>
        {
            fixture.CreateFileAsync($"comes{round}", null, directory).GetAwaiter().GetResult();
            if (round < 500) fixture.UnlinkAsync($"goes{round}", directory).GetAwaiter().GetResult();
            round++;
        });
        var names = entries.Select(entry => entry.Name).ToArray();
        Assert.Equal([".", ".."], names.Take(2));
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Equal(10_000, names.Count(name => name.StartsWith("stays", StringComparison.Ordinal)));
        var staying = entries.Where(entry => entry.Name.StartsWith("stays", StringComparison.Ordinal));
        Assert.All(staying.Take(50), entry => Assert.Equal(fixture.Find(entry.Name, directory), entry.Inode));
        Assert.All(entries, entry => Assert.InRange(entry.NextCookie, 1ul, (ulong)long.MaxValue));
    }

    [Fact]
    public async Task A_cookie_holds_through_a_crash()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        for (var i = 0; i < 300; i++) await fixture.CreateFileAsync($"f{i}");
        await fixture.SyncAsync();
        var before = Listing.Read(fixture.Volume, Volume.RootInode);
        await fixture.CrashAsync();
        var rest = new Listing(1000);
        Assert.Equal(Errno.Ok, fixture.Volume.ReadDirectory(Volume.RootInode, before[100].NextCookie, rest));
        Assert.Equal(before.Skip(101), rest.Entries);
    }

    private static readonly string Longest = "user." + new string('n', 250);

    [Fact]
    public async Task Attributes_keep_to_their_limits()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        Assert.Equal(Errno.Ok, await SetAsync(Longest, 3840));
        Assert.Equal(Errno.ERANGE, await SetAsync(Longest + 'n', 1));
        Assert.Equal(Errno.E2BIG, await SetAsync("user.big", 65_537));
        Assert.Equal(Errno.Ok, await SetAsync("user.a", 10));
        Assert.Equal(Errno.EEXIST, await SetAsync("user.a", 1, XattrSetMode.Create));
        Assert.Equal(Errno.ENODATA, await SetAsync("user.b", 1, XattrSetMode.Replace));
        Assert.Equal(Errno.Ok, await SetAsync("user.a", 0, XattrSetMode.Replace));
        Assert.Equal(0, fixture.Volume.GetXattr(inode, VolumeFixture.Name("user.a").Span, new byte[4]).Value);
        Assert.Equal(Errno.ENODATA, fixture.Volume.GetXattr(inode, VolumeFixture.Name("user.b").Span, []).Error);
        Assert.Equal(Errno.ERANGE, fixture.Volume.GetXattr(inode, VolumeFixture.Name(Longest).Span, new byte[10]).Error);
        Assert.Equal(3840, fixture.Volume.GetXattr(inode, VolumeFixture.Name(Longest).Span, []).Value);
        Assert.Equal(256 + 7, fixture.Volume.ListXattrs(inode, []).Value);
        Assert.Equal(Errno.ERANGE, fixture.Volume.ListXattrs(inode, new byte[262]).Error);
        Assert.Equal(263, fixture.Volume.ListXattrs(inode, new byte[263]).Value);
        Assert.Equal(Errno.Ok, await fixture.Volume.RemoveXattrAsync(inode, VolumeFixture.Name("user.a")));
        Assert.Equal(Errno.ENODATA, await fixture.Volume.RemoveXattrAsync(inode, VolumeFixture.Name("user.a")));
        Assert.Equal(Errno.ENOENT, await fixture.Volume.SetXattrAsync(12345, VolumeFixture.Name("user.a"), default, XattrSetMode.CreateOrReplace));

        async Task<Errno> SetAsync(string name, int length, XattrSetMode mode = XattrSetMode.CreateOrReplace) =>
            await fixture.Volume.SetXattrAsync(inode, VolumeFixture.Name(name), VolumeFixture.Bytes(length, 1), mode);
    }

    [Fact]
    public async Task A_set_group_id_directory_hands_down_its_group()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var shared = await fixture.MakeDirectoryAsync("shared", mode: 0x5FD);
        Assert.True((await fixture.Volume.SetStatusAsync(shared, new FileStatusChanges { GroupId = 77 })).IsOk);
        var caller = new FileCaller(1000, 1000, 1);
        var file = (await fixture.Volume.CreateAsync(shared, VolumeFixture.Name("f"), Mode.S_IFREG | 0x1A4, 0, caller)).Value;
        var inner = (await fixture.Volume.MakeDirectoryAsync(shared, VolumeFixture.Name("d"), 0x1ED, caller)).Value;
        Assert.Equal((1000u, 77u, 0u), (file.UserId, file.GroupId, file.Mode & Mode.S_ISGID));
        Assert.Equal((1000u, 77u, Mode.S_ISGID), (inner.UserId, inner.GroupId, inner.Mode & Mode.S_ISGID));
    }

    [Theory]
    [InlineData(0xDEDu, 0x1EDu)]
    [InlineData(0xDA4u, 0x5A4u)]
    public async Task Writing_and_cutting_clear_set_id_bits_where_asked(uint mode, uint cleared)
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        foreach (var change in new Func<ulong, Task>[] { WriteAsync, CutAsync, OpenCutAsync })
        {
            var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(100, 1), mode: mode);
            await change(inode);
            Assert.Equal(cleared, fixture.Volume.GetStatus(inode).Value.Mode & Mode.PermissionMask);
            await fixture.UnlinkAsync("f");
        }

        async Task WriteAsync(ulong inode)
        {
            var handle = await fixture.OpenFileAsync(inode);
            Assert.True((await fixture.Volume.WriteAsync(handle, 0, new byte[] { 1 }, append: false, killSetId: true)).IsOk);
            await fixture.Volume.ReleaseAsync(handle);
        }

        async Task CutAsync(ulong inode) =>
            Assert.True((await fixture.Volume.SetStatusAsync(inode, new FileStatusChanges { Size = 10, KillSetId = true })).IsOk);

        async Task OpenCutAsync(ulong inode) =>
            await fixture.Volume.ReleaseAsync(await fixture.OpenFileAsync(inode, OpenFlags.Write | OpenFlags.Truncate | OpenFlags.KillSetId));
    }

    [Fact]
    public async Task Times_follow_what_happens_and_what_is_set()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(100, 1));
        var set = (await fixture.Volume.SetStatusAsync(inode, new FileStatusChanges { ModifyTime = 5_000_000_007, AccessTime = 6 })).Value;
        Assert.Equal((5_000_000_007L, 6L), (set.ModifyTime, set.AccessTime));
        await fixture.SyncAsync();
        Assert.Equal(5_000_000_007, fixture.Volume.GetStatus(inode).Value.ModifyTime);
        await fixture.WriteAsync(inode, 0, [1]);
        var written = fixture.Volume.GetStatus(inode).Value;
        Assert.True(written.ModifyTime > 5_000_000_007 && written.ChangeTime >= set.ChangeTime && written.AccessTime == 6);
        var directory = fixture.Volume.GetStatus(Volume.RootInode).Value.ModifyTime;
        await fixture.CreateFileAsync("g");
        Assert.True(fixture.Volume.GetStatus(Volume.RootInode).Value.ModifyTime >= directory);
    }

    [Fact]
    public async Task Sparse_files_are_sought_by_data_and_hole()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        await fixture.WriteAsync(inode, 40_960, VolumeFixture.Bytes(4096, 1), sync: true);
        await fixture.WriteAsync(inode, 102_400, VolumeFixture.Bytes(100, 1));
        var handle = await fixture.OpenFileAsync(inode, OpenFlags.Read);
        Assert.Equal(40_960, (await fixture.Volume.SeekAsync(handle, 0, hole: false)).Value);
        Assert.Equal(0, (await fixture.Volume.SeekAsync(handle, 0, hole: true)).Value);
        Assert.Equal(45_056, (await fixture.Volume.SeekAsync(handle, 41_000, hole: true)).Value);
        Assert.Equal(102_400, (await fixture.Volume.SeekAsync(handle, 45_056, hole: false)).Value);
        Assert.Equal(102_500, (await fixture.Volume.SeekAsync(handle, 102_400, hole: true)).Value);
        Assert.Equal(Errno.ENXIO, (await fixture.Volume.SeekAsync(handle, 102_500, hole: false)).Error);
        await fixture.Volume.ReleaseAsync(handle);
    }

    [Fact]
    public async Task A_file_has_65000_names_at_most()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        for (var i = 1; i < 65_000; i++)
            Assert.Equal(Errno.Ok, (await fixture.Volume.LinkAsync(inode, Volume.RootInode, VolumeFixture.Name($"l{i}"))).Error);
        Assert.Equal(Errno.EMLINK, (await fixture.Volume.LinkAsync(inode, Volume.RootInode, VolumeFixture.Name("more"))).Error);
        Assert.Equal(65_000u, fixture.Volume.GetStatus(inode).Value.LinkCount);
        await fixture.UnlinkAsync("l7");
        Assert.Equal(Errno.Ok, (await fixture.Volume.LinkAsync(inode, Volume.RootInode, VolumeFixture.Name("more"))).Error);
    }
}
