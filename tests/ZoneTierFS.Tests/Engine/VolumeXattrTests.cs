using System.Text;
using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Linux;
using Mode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Extended attributes and access control lists at the engine's door.</summary>
public sealed class VolumeXattrTests
{
    /// <summary>rwx for owner, rw for user 1001, r-x for the group, rwx at most, nothing for others.</summary>
    private static readonly byte[] List =
        Convert.FromHexString("02000000" + "01000700FFFFFFFF" + "02000600E9030000" + "04000500FFFFFFFF" + "10000700FFFFFFFF" + "20000000FFFFFFFF");

    [Theory]
    [InlineData(0)]
    [InlineData(XattrStore.PartBytes)]
    [InlineData(XattrStore.PartBytes + 1)]
    [InlineData(2 * XattrStore.PartBytes)]
    [InlineData(XattrStore.ValueBytesMax)]
    public async Task A_value_of_any_length_is_kept_through_a_crash_and_replaced_by_any_other(int length)
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        foreach (var other in new[] { 1, XattrStore.PartBytes + 7, XattrStore.ValueBytesMax })
        {
            await SetAsync(fixture, inode, "user.v", VolumeFixture.Bytes(other, 1));
            await SetAsync(fixture, inode, "user.v", VolumeFixture.Bytes(length, 2));
            Assert.Equal(VolumeFixture.Bytes(length, 2), Get(fixture, inode, "user.v"));
        }
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(length, 2), Get(fixture, inode, "user.v"));
        Assert.Equal("user.v\0"u8.Length, fixture.Volume.ListXattrs(inode, []).Value);
        if (length > 0) Assert.Equal(Errno.ERANGE, fixture.Volume.GetXattr(inode, "user.v"u8, new byte[length - 1]).Error);
        Assert.Equal(Errno.Ok, await fixture.Volume.RemoveXattrAsync(inode, VolumeFixture.Name("user.v")));
        Assert.Equal(Errno.ENODATA, fixture.Volume.GetXattr(inode, "user.v"u8, []).Error);
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task All_of_an_inode_s_attributes_have_a_maximum_and_what_does_not_grow_is_always_taken()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        await SetAsync(fixture, inode, "user.a", VolumeFixture.Bytes(65_536, 1));
        await SetAsync(fixture, inode, "user.b", VolumeFixture.Bytes(65_500, 2));
        Assert.Equal(Errno.ENOSPC, await TrySetAsync(fixture, inode, "user.c", VolumeFixture.Bytes(100, 3)));
        Assert.Equal(Errno.ENOSPC, await TrySetAsync(fixture, inode, "user.b", VolumeFixture.Bytes(65_536, 3)));
        await SetAsync(fixture, inode, "user.b", VolumeFixture.Bytes(65_500, 4));
        await SetAsync(fixture, inode, "user.c", VolumeFixture.Bytes(10, 3));
        await SetAsync(fixture, inode, "user.a", []);
        await SetAsync(fixture, inode, "user.c", VolumeFixture.Bytes(60_000, 3));
        Assert.Equal(VolumeFixture.Bytes(65_500, 4), Get(fixture, inode, "user.b"));
    }

    [Fact]
    public async Task Names_can_be_listed_however_many_there_are()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        var count = 0;
        while (await TrySetAsync(fixture, inode, $"user.{count:D95}", []) is Errno.Ok) count++;
        Assert.Equal(XattrStore.NamesBytesMax / 101, count);
        var names = new byte[65_536];
        var length = fixture.Volume.ListXattrs(inode, names).Value;
        Assert.Equal(count, Encoding.ASCII.GetString(names, 0, length).Split('\0', StringSplitOptions.RemoveEmptyEntries).Distinct().Count());
    }

    [Fact]
    public async Task Attributes_that_fill_the_volume_are_refused_and_their_space_comes_back()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var free = fixture.Volume.GetSpace().FreeBlocks;
        var first = await FillAsync(0);
        Assert.InRange(first, 10, 1000);
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        Assert.InRange(fixture.Volume.GetSpace().FreeBlocks, 0ul, free - 1000);
        for (var i = 0; i < first; i++) await fixture.UnlinkAsync($"x0-{i}");
        await fixture.ReopenAsync();
        Assert.InRange(fixture.Volume.GetSpace().FreeBlocks, free - 600, free);
        Assert.InRange(await FillAsync(1), first * 9 / 10, 1000);
        await fixture.ReopenAsync();
        await fixture.AssertSoundAsync();

        async Task<int> FillAsync(int round)
        {
            for (var i = 0; ; i++)
            {
                var inode = await fixture.CreateFileAsync($"x{round}-{i}");
                var error = await TrySetAsync(fixture, inode, "user.a", VolumeFixture.Bytes(65_536, i));
                if (error == Errno.Ok) error = await TrySetAsync(fixture, inode, "user.b", VolumeFixture.Bytes(65_000, i));
                if (error == Errno.Ok) continue;
                Assert.Equal(Errno.ENOSPC, error);
                await fixture.UnlinkAsync($"x{round}-{i}");
                return i;
            }
        }
    }

    [Theory]
    [InlineData("user.", Errno.EINVAL)]
    [InlineData("trusted.x", Errno.Ok)]
    [InlineData("security.x", Errno.Ok)]
    [InlineData("system.x", Errno.EOPNOTSUPP)]
    [InlineData("system.posix_acl_accessory", Errno.EOPNOTSUPP)]
    [InlineData("os2.x", Errno.EOPNOTSUPP)]
    [InlineData("user", Errno.EOPNOTSUPP)]
    [InlineData("", Errno.ERANGE)]
    public async Task Namespaces_are_those_of_ext4(string name, Errno expected)
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        Assert.Equal(expected, await TrySetAsync(fixture, inode, name, [1]));
        if (expected == Errno.Ok) return;
        Assert.Equal(expected, fixture.Volume.GetXattr(inode, VolumeFixture.Name(name).Span, []).Error);
        Assert.Equal(expected, await fixture.Volume.RemoveXattrAsync(inode, VolumeFixture.Name(name)));
    }

    [Fact]
    public async Task Trusted_names_are_shown_only_where_asked_for()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        await SetAsync(fixture, inode, "trusted.x", [1]);
        await SetAsync(fixture, inode, "user.x", [1]);
        Assert.Equal("trusted.x\0user.x\0"u8.Length, fixture.Volume.ListXattrs(inode, []).Value);
        Assert.Equal("user.x\0"u8.Length, fixture.Volume.ListXattrs(inode, [], withTrusted: false).Value);
    }

    [Fact]
    public async Task A_list_and_the_mode_keep_in_step_through_a_crash()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f", mode: 0xDFF); // 6777
        Assert.Equal(Errno.Ok, await fixture.Volume.SetXattrAsync(inode, Access, List, XattrSetMode.CreateOrReplace, killSetGroupId: true));
        Assert.Equal(0x9F8u, fixture.Volume.GetStatus(inode).Value.Mode & Mode.PermissionMask); // 4770
        await fixture.Volume.SetStatusAsync(inode, new FileStatusChanges { Mode = 0x1C9 }); // 711
        var expected = List.ToArray();
        (expected[30], expected[38]) = (1, 1);
        Assert.Equal(expected, Get(fixture, inode, "system.posix_acl_access"));
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        Assert.Equal(expected, Get(fixture, inode, "system.posix_acl_access"));
        Assert.Equal(0x1C9u, fixture.Volume.GetStatus(inode).Value.Mode & Mode.PermissionMask);
        byte[] minimal = [.. List[..12], .. List[20..28], .. List[36..]];
        await SetAsync(fixture, inode, "system.posix_acl_access", minimal);
        Assert.Equal(Errno.ENODATA, fixture.Volume.GetXattr(inode, Access.Span, []).Error);
        Assert.Equal(0x1E8u, fixture.Volume.GetStatus(inode).Value.Mode & Mode.PermissionMask); // 750
        Assert.Equal(Errno.Ok, await fixture.Volume.RemoveXattrAsync(inode, Access));
    }

    [Fact]
    public async Task A_list_has_its_place()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        var link = (await fixture.Volume.SymlinkAsync(Volume.RootInode, VolumeFixture.Name("l"), VolumeFixture.Name("x"), VolumeFixture.Root)).Value.Inode;
        Assert.Equal(Errno.EACCES, await fixture.Volume.SetXattrAsync(inode, Default, List, XattrSetMode.CreateOrReplace));
        Assert.Equal(Errno.EOPNOTSUPP, await fixture.Volume.SetXattrAsync(link, Access, List, XattrSetMode.CreateOrReplace));
        Assert.Equal(Errno.EINVAL, await fixture.Volume.SetXattrAsync(inode, Access, List.AsMemory()[..^1], XattrSetMode.CreateOrReplace));
        Assert.Equal(0x1A4u, fixture.Volume.GetStatus(inode).Value.Mode & Mode.PermissionMask);
    }

    [Fact]
    public async Task A_default_list_takes_the_umask_s_place()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var caller = VolumeFixture.Root with { Umask = 0x3F }; // 077
        var plain = await fixture.Volume.CreateAsync(Volume.RootInode, VolumeFixture.Name("f"), Mode.S_IFREG | 0x1B6, 0, caller);
        Assert.Equal(0x180u, plain.Value.Mode & Mode.PermissionMask);
        await SetAsync(fixture, Volume.RootInode, "system.posix_acl_default", List);
        var file = (await fixture.Volume.CreateAsync(Volume.RootInode, VolumeFixture.Name("g"), Mode.S_IFREG | 0x1B6, 0, caller)).Value;
        Assert.Equal(0x1B0u, file.Mode & Mode.PermissionMask); // 660
        Assert.Equal(List.Length, fixture.Volume.GetXattr(file.Inode, Access.Span, []).Value);
        Assert.Equal(Errno.ENODATA, fixture.Volume.GetXattr(file.Inode, Default.Span, []).Error);
        var directory = (await fixture.Volume.MakeDirectoryAsync(Volume.RootInode, VolumeFixture.Name("d"), 0x1FF, caller)).Value;
        Assert.Equal(0x1F8u, directory.Mode & Mode.PermissionMask); // 770
        Assert.Equal(List, Get(fixture, directory.Inode, "system.posix_acl_default"));
        Assert.Equal(List, Get(fixture, directory.Inode, "system.posix_acl_access"));
        var link = (await fixture.Volume.SymlinkAsync(Volume.RootInode, VolumeFixture.Name("l"), VolumeFixture.Name("x"), caller)).Value;
        Assert.Equal((0x1FFu, 0), (link.Mode & Mode.PermissionMask, fixture.Volume.ListXattrs(link.Inode, []).Value));
    }

    [Fact]
    public async Task A_capability_goes_with_the_first_change_of_the_file()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        Func<ulong, Task>[] changes =
        [
            inode => fixture.WriteAsync(inode, 0, [1]),
            async inode => await fixture.Volume.SetStatusAsync(inode, new FileStatusChanges { Size = 5 }),
            async inode => await fixture.Volume.SetStatusAsync(inode, new FileStatusChanges { GroupId = 5 }),
            async inode => await fixture.Volume.DropPrivilegesAsync(inode, VolumeFixture.Root),
        ];
        foreach (var change in changes)
        {
            var inode = await fixture.CreateFileAsync("f", [1, 2, 3], mode: 0x9ED); // 4755
            await SetAsync(fixture, inode, "security.capability", [1]);
            await change(inode);
            Assert.Equal(Errno.ENODATA, fixture.Volume.GetXattr(inode, "security.capability"u8, []).Error);
            Assert.Equal(0x9EDu, fixture.Volume.GetStatus(inode).Value.Mode & Mode.PermissionMask);
            await fixture.UnlinkAsync("f");
        }
    }

    [Fact]
    public async Task A_capability_that_is_set_on_an_open_file_goes_with_the_next_write()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        var handle = await fixture.OpenFileAsync(inode);
        for (var i = 0; i < 2; i++)
        {
            await SetAsync(fixture, inode, "security.capability", [1]);
            Assert.True((await fixture.Volume.WriteAsync(handle, 0, new byte[1], append: false, killSetId: false)).IsOk);
            Assert.Equal(Errno.ENODATA, fixture.Volume.GetXattr(inode, "security.capability"u8, []).Error);
        }
        await fixture.Volume.ReleaseAsync(handle);
    }

    private static ReadOnlyMemory<byte> Access => VolumeFixture.Name("system.posix_acl_access");

    private static ReadOnlyMemory<byte> Default => VolumeFixture.Name("system.posix_acl_default");

    private static async Task SetAsync(VolumeFixture fixture, ulong inode, string name, byte[] value) =>
        Assert.Equal(Errno.Ok, await TrySetAsync(fixture, inode, name, value));

    private static async Task<Errno> TrySetAsync(VolumeFixture fixture, ulong inode, string name, byte[] value) =>
        await fixture.Volume.SetXattrAsync(inode, VolumeFixture.Name(name), value, XattrSetMode.CreateOrReplace);

    private static byte[] Get(VolumeFixture fixture, ulong inode, string name)
    {
        var into = new byte[XattrStore.ValueBytesMax];
        var length = fixture.Volume.GetXattr(inode, VolumeFixture.Name(name).Span, into);
        Assert.Equal(Errno.Ok, length.Error);
        return into[..length.Value];
    }
}
