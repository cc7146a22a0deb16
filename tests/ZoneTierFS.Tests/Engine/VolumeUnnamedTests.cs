using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using Mode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Files that are made without a name, and what handles of inodes lead to.</summary>
public sealed class VolumeUnnamedTests
{
    [Fact]
    public async Task An_unnamed_file_is_gone_with_its_last_handle()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        await fixture.SyncAsync();
        var before = fixture.Volume.GetSpace();
        var (status, handle) = await CreateAsync(fixture);
        Assert.Equal((0u, Mode.S_IFREG | 0x180u), (status.LinkCount, status.Mode));
        Assert.True((await fixture.Volume.WriteAsync(handle, 0, VolumeFixture.Bytes(100_000, 1), false, false)).IsOk);
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(handle, false));
        Assert.Equal([".", ".."], Listing.Read(fixture.Volume, Volume.RootInode).Select(entry => entry.Name));
        await fixture.Volume.ReleaseAsync(handle);
        Assert.Equal(Errno.ENOENT, fixture.Volume.GetStatus(status.Inode).Error);
        Assert.Equal(before, fixture.Volume.GetSpace());
    }

    [Fact]
    public async Task Where_no_name_has_room_neither_has_a_file_without_one()
    {
        await using var fixture = await VolumeFixture.CreateAsync(zones: 16);
        var error = Errno.Ok;
        for (var made = 0; error == Errno.Ok; made++)
        {
            var file = await fixture.Volume.CreateAsync(Volume.RootInode, VolumeFixture.Name($"f{made}"), Mode.S_IFREG, 0, VolumeFixture.Root);
            error = file.Error;
            for (var index = 0; index < 60 && error == Errno.Ok; index++)
                error = await fixture.Volume.SetXattrAsync(file.Value.Inode, VolumeFixture.Name($"user.{index}"), new byte[2000], XattrSetMode.Create);
        }
        Assert.Equal(Errno.ENOSPC, error);
        Assert.Equal(Errno.ENOSPC, (await fixture.Volume.CreateAsync(Volume.RootInode, VolumeFixture.Name("g"), 0, 0, VolumeFixture.Root)).Error);
        Assert.Equal(Errno.ENOSPC, (await fixture.Volume.CreateUnnamedAsync(Volume.RootInode, 0x180, VolumeFixture.Root)).Error);
        await fixture.AssertSoundAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_unnamed_file_is_gone_after_a_crash_and_its_space_is_free(bool checkpointed)
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        await fixture.SyncAsync();
        var before = fixture.Volume.GetSpace();
        var (status, handle) = await CreateAsync(fixture);
        Assert.True((await fixture.Volume.WriteAsync(handle, 0, VolumeFixture.Bytes(1 << 20, 1), false, false)).IsOk);
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(handle, false));
        if (checkpointed) await fixture.ReopenAsync(); // closed with the file open: what a clean shutdown leaves is no crash's leftover only
        else await fixture.CrashAsync();
        Assert.Equal(Errno.ENOENT, fixture.Volume.GetStatus(status.Inode).Error);
        Assert.Equal(before, fixture.Volume.GetSpace());
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task A_name_makes_an_unnamed_file_one_like_others()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var content = VolumeFixture.Bytes(50_000, 1);
        var (status, handle) = await CreateAsync(fixture);
        Assert.True((await fixture.Volume.WriteAsync(handle, 0, content, false, false)).IsOk);
        var linked = await fixture.Volume.LinkAsync(status.Inode, Volume.RootInode, VolumeFixture.Name("model.gguf"));
        Assert.Equal(1u, linked.Value.LinkCount);
        await fixture.Volume.ReleaseAsync(handle);
        await fixture.SyncAsync();
        Assert.Equal("/model.gguf", fixture.Place(status.Inode).Path);
        await fixture.CrashAsync();
        Assert.Equal(status.Inode, fixture.Find("model.gguf"));
        Assert.Equal(content, await fixture.ReadAsync(status.Inode));
    }

    [Fact]
    public async Task An_unnamed_file_follows_the_rules_of_its_directory()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var shared = await fixture.MakeDirectoryAsync("shared", mode: 0x5FD);
        Assert.True((await fixture.Volume.SetStatusAsync(shared, new FileStatusChanges { GroupId = 77 })).IsOk);
        var made = await fixture.Volume.CreateUnnamedAsync(shared, 0x1A4, new FileCaller(1000, 1000, 1));
        Assert.Equal((1000u, 77u), (made.Value.Status.UserId, made.Value.Status.GroupId));
        await fixture.Volume.ReleaseAsync(made.Value.Handle);
        var file = await fixture.CreateFileAsync("file");
        Assert.Equal(Errno.ENOTDIR, (await fixture.Volume.CreateUnnamedAsync(file, 0x1A4, VolumeFixture.Root)).Error);
        Assert.Equal(Errno.ENOENT, (await fixture.Volume.CreateUnnamedAsync(4711, 0x1A4, VolumeFixture.Root)).Error);
    }

    [Fact]
    public async Task A_dot_leads_to_any_inode_and_two_to_a_directorys_parent()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var directory = await fixture.MakeDirectoryAsync("d");
        var file = await fixture.CreateFileAsync("f", null, directory);
        Assert.Equal(file, fixture.Find(".", file));
        Assert.Equal(directory, fixture.Find(".", directory));
        Assert.Equal(Volume.RootInode, fixture.Find("..", directory));
        Assert.Equal(Volume.RootInode, fixture.Find("..", Volume.RootInode));
        var handle = await fixture.OpenFileAsync(file);
        await fixture.UnlinkAsync("f", directory);
        Assert.Equal(Errno.ENOENT, fixture.Volume.Lookup(file, "."u8).Error);
        await fixture.Volume.ReleaseAsync(handle);
    }

    [Fact]
    public async Task A_number_that_a_crash_lost_comes_back_with_another_generation()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { CommitInterval = TimeSpan.FromMinutes(5) });
        var kept = await fixture.CreateFileAsync("kept");
        await fixture.SyncAsync();
        var before = fixture.Volume.GetStatus(kept).Value.Generation;
        var lost = fixture.Volume.GetStatus(await fixture.CreateFileAsync("lost")).Value;
        await fixture.CrashAsync();
        Assert.Equal(before, fixture.Volume.GetStatus(kept).Value.Generation);
        var next = fixture.Volume.GetStatus(await fixture.CreateFileAsync("next")).Value;
        Assert.Equal(lost.Inode, next.Inode);
        Assert.NotEqual(lost.Generation, next.Generation);
    }

    private static async Task<UnnamedFile> CreateAsync(VolumeFixture fixture)
    {
        var made = await fixture.Volume.CreateUnnamedAsync(Volume.RootInode, 0x180, VolumeFixture.Root);
        Assert.Equal(Errno.Ok, made.Error);
        return made.Value;
    }
}
