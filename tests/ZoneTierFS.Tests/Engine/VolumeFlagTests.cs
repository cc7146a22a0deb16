using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>What is immutable stays as it is, and can still be read and moved.</summary>
public sealed class VolumeFlagTests
{
    [Fact]
    public async Task Nothing_changes_an_immutable_file()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var content = VolumeFixture.Bytes(10_000, 1);
        var inode = await fixture.CreateFileAsync("f", content);
        await fixture.CreateFileAsync("other");
        var handle = await fixture.OpenFileAsync(inode);
        Assert.Equal(Errno.Ok, await fixture.Volume.SetFlagsAsync(inode, FileFlags.Immutable));
        var before = fixture.Volume.GetStatus(inode).Value;
        foreach (var (what, refused) in await ChangesAsync(fixture.Volume, inode, handle)) Assert.True(refused == Errno.EPERM, $"{what}: {refused}");
        Assert.Equal(before, fixture.Volume.GetStatus(inode).Value);
        Assert.Equal(content, await fixture.ReadAsync(inode));
        await fixture.Volume.ReleaseAsync(handle);
        await fixture.AssertSoundAsync();
        Assert.Equal(Errno.Ok, await fixture.Volume.SetFlagsAsync(inode, FileFlags.None));
        await fixture.WriteAsync(inode, 0, [1]);
        await fixture.UnlinkAsync("f");
    }

    private static async Task<List<(string What, Errno Error)>> ChangesAsync(Volume volume, ulong inode, ulong handle)
    {
        var root = Volume.RootInode;
        var changes = new List<(string, Errno)>
        {
            ("write", (await volume.WriteAsync(handle, 0, new byte[10], false, false)).Error),
            ("append", (await volume.WriteAsync(handle, 0, new byte[10], true, false)).Error),
            ("copy", (await volume.CopyRangeAsync(handle, 0, handle, 8192, 100, false)).Error),
            ("open", (await volume.OpenFileAsync(inode, OpenFlags.Read | OpenFlags.Write)).Error),
            ("open and cut", (await volume.OpenFileAsync(inode, OpenFlags.Read | OpenFlags.Truncate)).Error),
            ("unlink", await volume.UnlinkAsync(root, VolumeFixture.Name("f"))),
            ("rename", await volume.RenameAsync(root, VolumeFixture.Name("f"), root, VolumeFixture.Name("g"), RenameFlags.None)),
            ("rename over", await volume.RenameAsync(root, VolumeFixture.Name("other"), root, VolumeFixture.Name("f"), RenameFlags.None)),
            ("exchange", await volume.RenameAsync(root, VolumeFixture.Name("other"), root, VolumeFixture.Name("f"), RenameFlags.Exchange)),
            ("link", (await volume.LinkAsync(inode, root, VolumeFixture.Name("g"))).Error),
            ("set xattr", await volume.SetXattrAsync(inode, VolumeFixture.Name("user.a"), new byte[1], XattrSetMode.CreateOrReplace)),
            ("remove xattr", await volume.RemoveXattrAsync(inode, VolumeFixture.Name("user.a"))),
        };
        FileStatusChanges[] statuses =
            [new() { Size = 0 }, new() { Size = 50_000 }, new() { Mode = 0x1FF }, new() { UserId = 5 }, new() { ModifyTimeNow = true }];
        foreach (var status in statuses) changes.Add(($"set {status.Size} {status.Mode}", (await volume.SetStatusAsync(inode, status)).Error));
        foreach (var mode in Enum.GetValues<AllocateMode>()) changes.Add(($"{mode}", await volume.AllocateAsync(handle, mode, 0, 20_000)));
        return changes;
    }

    [Fact]
    public async Task A_copy_takes_no_privileges_from_a_file_that_became_immutable()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var source = await fixture.CreateFileAsync("source", VolumeFixture.Bytes(5000, 1));
        var target = await fixture.CreateFileAsync("target", mode: 0x9ED); // set-user-ID
        var (from, to) = (await fixture.OpenFileAsync(source), await fixture.OpenFileAsync(target));
        Assert.Equal(Errno.Ok, await fixture.Volume.SetFlagsAsync(target, FileFlags.Immutable));
        var before = fixture.Volume.GetStatus(target).Value;
        Assert.Equal(Errno.EPERM, (await fixture.Volume.CopyRangeAsync(from, 0, to, 0, 5000, killSetId: true)).Error);
        Assert.Equal(before, fixture.Volume.GetStatus(target).Value);
        Assert.Equal(Errno.Ok, await fixture.Volume.SetFlagsAsync(target, FileFlags.None));
        Assert.Equal(5000, (await fixture.Volume.CopyRangeAsync(from, 0, to, 0, 5000, killSetId: true)).Value);
        Assert.Equal(0x1EDu, fixture.Volume.GetStatus(target).Value.Mode & ZoneTierFS.Linux.FileMode.PermissionMask);
        await fixture.Volume.ReleaseAsync(from);
        await fixture.Volume.ReleaseAsync(to);
    }

    [Fact]
    public async Task No_name_comes_or_goes_in_an_immutable_directory()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var directory = await fixture.MakeDirectoryAsync("d");
        var inside = await fixture.CreateFileAsync("f", null, directory);
        await fixture.MakeDirectoryAsync("sub", directory);
        await fixture.CreateFileAsync("out");
        Assert.Equal(Errno.Ok, await fixture.Volume.SetFlagsAsync(directory, FileFlags.Immutable));
        Assert.Equal(Errno.EPERM, (await fixture.Volume.CreateAsync(directory, VolumeFixture.Name("new"), 0x81A4, 0, VolumeFixture.Root)).Error);
        Assert.Equal(Errno.EPERM, (await fixture.Volume.MakeDirectoryAsync(directory, VolumeFixture.Name("new"), 0x1ED, VolumeFixture.Root)).Error);
        Assert.Equal(Errno.EPERM, (await fixture.Volume.CreateUnnamedAsync(directory, 0x1A4, VolumeFixture.Root)).Error);
        Assert.Equal(Errno.EPERM, (await fixture.Volume.LinkAsync(inside, directory, VolumeFixture.Name("new"))).Error);
        Assert.Equal(Errno.EPERM, await fixture.Volume.UnlinkAsync(directory, VolumeFixture.Name("f")));
        Assert.Equal(Errno.EPERM, await fixture.Volume.RemoveDirectoryAsync(directory, VolumeFixture.Name("sub")));
        Assert.Equal(Errno.EPERM, await fixture.RenameAsync(directory, "f", Volume.RootInode, "f"));
        Assert.Equal(Errno.EPERM, await fixture.RenameAsync(Volume.RootInode, "out", directory, "f"));
        Assert.Equal(Errno.EPERM, await fixture.RenameAsync("d", "e"));
        Assert.Equal(Errno.EPERM, (await fixture.Volume.SetStatusAsync(directory, new FileStatusChanges { Mode = 0x1FF })).Error);
        await fixture.WriteAsync(inside, 0, [1, 2, 3]); // the file itself is not immutable
        Assert.Equal([1, 2, 3], await fixture.ReadAsync(inside));
    }

    [Fact]
    public async Task The_flag_is_durable_and_is_no_hindrance_for_the_mover()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var content = VolumeFixture.Bytes(1 << 20, 1);
        var inode = await fixture.CreateFileAsync("f", content);
        Assert.Equal(FileFlags.None, fixture.Volume.GetFlags(inode).Value);
        Assert.Equal(Errno.Ok, await fixture.Volume.SetFlagsAsync(inode, FileFlags.Immutable));
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        Assert.Equal(FileFlags.Immutable, fixture.Volume.GetFlags(inode).Value);
        Assert.Equal(Errno.EPERM, (await fixture.Volume.OpenFileAsync(inode, OpenFlags.Write)).Error);
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, "qlc"));
        await Eventually.HoldsAsync(() => fixture.Place(inode).BytesByTier["qlc"] == 1 << 20);
        Assert.Equal(content, await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task Bytes_written_before_the_flag_are_stored_after_it()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { CommitInterval = TimeSpan.FromMinutes(5) });
        var content = VolumeFixture.Bytes(300_000, 1);
        var inode = await fixture.CreateFileAsync("f", content);
        Assert.Equal(Errno.Ok, await fixture.Volume.SetFlagsAsync(inode, FileFlags.Immutable));
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        Assert.Equal(content, await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task Only_files_and_directories_have_flags()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var fifo = (await fixture.Volume.CreateAsync(Volume.RootInode, VolumeFixture.Name("fifo"), 0x1180, 0, VolumeFixture.Root)).Value.Inode;
        Assert.Equal(Errno.EOPNOTSUPP, await fixture.Volume.SetFlagsAsync(fifo, FileFlags.Immutable));
        Assert.Equal(Errno.EOPNOTSUPP, await fixture.Volume.SetFlagsAsync(Volume.RootInode, (FileFlags)2));
        Assert.Equal(Errno.ENOENT, await fixture.Volume.SetFlagsAsync(4711, FileFlags.Immutable));
        Assert.Equal(Errno.ENOENT, fixture.Volume.GetFlags(4711).Error);
    }
}
