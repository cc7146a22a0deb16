using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Rename in all its cases: what onto what, with which flag, and what the links count afterwards.</summary>
public sealed class VolumeRenameTests
{
    [Theory]
    [InlineData("file", "file2", RenameFlags.None, Errno.Ok)]
    [InlineData("file", "file2", RenameFlags.NoReplace, Errno.EEXIST)]
    [InlineData("file", "file2", RenameFlags.Exchange, Errno.Ok)]
    [InlineData("file", "new", RenameFlags.None, Errno.Ok)]
    [InlineData("file", "new", RenameFlags.NoReplace, Errno.Ok)]
    [InlineData("file", "new", RenameFlags.Exchange, Errno.ENOENT)]
    [InlineData("file", "empty", RenameFlags.None, Errno.EISDIR)]
    [InlineData("file", "full", RenameFlags.None, Errno.EISDIR)]
    [InlineData("file", "full", RenameFlags.Exchange, Errno.Ok)]
    [InlineData("file", "file", RenameFlags.None, Errno.Ok)]
    [InlineData("file", "file", RenameFlags.NoReplace, Errno.EEXIST)]
    [InlineData("file", "hard", RenameFlags.None, Errno.Ok)]
    [InlineData("link", "file2", RenameFlags.None, Errno.Ok)]
    [InlineData("missing", "file", RenameFlags.None, Errno.ENOENT)]
    [InlineData("empty", "file", RenameFlags.None, Errno.ENOTDIR)]
    [InlineData("empty", "empty2", RenameFlags.None, Errno.Ok)]
    [InlineData("empty", "empty2", RenameFlags.NoReplace, Errno.EEXIST)]
    [InlineData("empty", "full", RenameFlags.None, Errno.ENOTEMPTY)]
    [InlineData("empty", "full", RenameFlags.Exchange, Errno.Ok)]
    [InlineData("full", "empty", RenameFlags.None, Errno.Ok)]
    [InlineData("full", "full/inner/new", RenameFlags.None, Errno.EINVAL)]
    [InlineData("full", "full/inner", RenameFlags.Exchange, Errno.EINVAL)]
    [InlineData("full/inner", "full", RenameFlags.Exchange, Errno.EINVAL)]
    [InlineData("full/inner", "full", RenameFlags.None, Errno.ENOTEMPTY)]
    [InlineData("full/inner", "moved", RenameFlags.None, Errno.Ok)]
    [InlineData("full/inner", "empty", RenameFlags.None, Errno.Ok)]
    [InlineData("full/inner", "file", RenameFlags.Exchange, Errno.Ok)]
    [InlineData("file", "full/inner/new", RenameFlags.None, Errno.Ok)]
    [InlineData("file", "file2", RenameFlags.NoReplace | RenameFlags.Exchange, Errno.EINVAL)]
    [InlineData("file", "file2", (RenameFlags)4, Errno.EINVAL)]
    public async Task Rename_does_what_is_asked_or_nothing(string from, string to, RenameFlags flags, Errno expected)
    {
        await using var fixture = await TreeAsync();
        var (source, target) = (Find(fixture, from), Find(fixture, to));
        var (parent, name) = Split(fixture, from);
        var (newParent, newName) = Split(fixture, to);
        Assert.Equal(expected, await fixture.RenameAsync(parent, name, newParent, newName, flags));
        var moved = expected == Errno.Ok && source != target;
        Assert.Equal(moved ? source : target, fixture.Find(newName, newParent));
        Assert.Equal(!moved ? source : (flags & RenameFlags.Exchange) != 0 ? target : 0ul, fixture.Find(name, parent));
        AssertLinkCounts(fixture, Volume.RootInode);
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        AssertLinkCounts(fixture, Volume.RootInode);
        Assert.Equal(moved ? source : target, fixture.Find(newName, newParent));
    }

    [Fact]
    public async Task A_replaced_file_that_is_open_keeps_its_bytes()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var old = await fixture.CreateFileAsync("old", VolumeFixture.Bytes(5000, 1));
        await fixture.CreateFileAsync("new", VolumeFixture.Bytes(6000, 2));
        var handle = await fixture.OpenFileAsync(old, OpenFlags.Read);
        Assert.Equal(Errno.Ok, await fixture.RenameAsync("new", "old"));
        var into = new byte[5000];
        Assert.Equal(5000, (await fixture.Volume.ReadAsync(handle, 0, into)).Value);
        Assert.Equal(VolumeFixture.Bytes(5000, 1), into);
        Assert.Equal(VolumeFixture.Bytes(6000, 2), await fixture.ReadAsync(fixture.Find("old")));
        Assert.Equal(0u, fixture.Volume.GetStatus(old).Value.LinkCount);
        await fixture.Volume.ReleaseAsync(handle);
        await fixture.SyncAsync();
        Assert.Equal(Errno.ENOENT, fixture.Volume.GetStatus(old).Error);
    }

    [Fact]
    public async Task Names_have_at_most_255_bytes()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var (longest, longer) = (new string('n', 255), new string('n', 256));
        var inode = await fixture.CreateFileAsync(longest);
        Assert.Equal(inode, fixture.Find(longest));
        Assert.Equal(Errno.ENAMETOOLONG, (await fixture.Volume.CreateAsync(Volume.RootInode, VolumeFixture.Name(longer), 0x81A4, 0, VolumeFixture.Root)).Error);
        var directory = await fixture.Volume.MakeDirectoryAsync(Volume.RootInode, VolumeFixture.Name(longer), 0x1ED, VolumeFixture.Root);
        Assert.Equal(Errno.ENAMETOOLONG, directory.Error);
        Assert.Equal(Errno.ENAMETOOLONG, await fixture.RenameAsync(longest, longer));
        Assert.Equal(Errno.ENAMETOOLONG, (await fixture.Volume.LinkAsync(inode, Volume.RootInode, VolumeFixture.Name(longer))).Error);
        Assert.Equal(Errno.Ok, await fixture.RenameAsync(longest, new string('ü', 127)));
        await fixture.ReopenAsync();
        Assert.Equal(inode, fixture.Find(new string('ü', 127)));
    }

    [Fact]
    public async Task Links_count_and_the_file_goes_with_the_last()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("a", VolumeFixture.Bytes(100, 1));
        Assert.Equal(2u, (await fixture.Volume.LinkAsync(inode, Volume.RootInode, VolumeFixture.Name("b"))).Value.LinkCount);
        Assert.Equal(Errno.EEXIST, (await fixture.Volume.LinkAsync(inode, Volume.RootInode, VolumeFixture.Name("b"))).Error);
        Assert.Equal(Errno.EPERM, (await fixture.Volume.LinkAsync(Volume.RootInode, Volume.RootInode, VolumeFixture.Name("c"))).Error);
        await fixture.UnlinkAsync("a");
        Assert.Equal(1u, fixture.Volume.GetStatus(inode).Value.LinkCount);
        Assert.Equal(VolumeFixture.Bytes(100, 1), await fixture.ReadAsync(fixture.Find("b")));
        await fixture.UnlinkAsync("b");
        await fixture.SyncAsync();
        Assert.Equal(Errno.ENOENT, fixture.Volume.GetStatus(inode).Error);
    }

    [Fact]
    public async Task Directories_are_removed_only_when_empty_and_only_by_rmdir()
    {
        await using var fixture = await TreeAsync();
        Assert.Equal(Errno.ENOTEMPTY, await fixture.Volume.RemoveDirectoryAsync(Volume.RootInode, VolumeFixture.Name("full")));
        Assert.Equal(Errno.ENOTDIR, await fixture.Volume.RemoveDirectoryAsync(Volume.RootInode, VolumeFixture.Name("file")));
        Assert.Equal(Errno.EISDIR, await fixture.Volume.UnlinkAsync(Volume.RootInode, VolumeFixture.Name("empty")));
        Assert.Equal(Errno.Ok, await fixture.Volume.RemoveDirectoryAsync(Volume.RootInode, VolumeFixture.Name("empty")));
        Assert.Equal(Errno.ENOENT, await fixture.Volume.RemoveDirectoryAsync(Volume.RootInode, VolumeFixture.Name("empty")));
        AssertLinkCounts(fixture, Volume.RootInode);
    }

    private static async Task<VolumeFixture> TreeAsync()
    {
        var fixture = await VolumeFixture.CreateAsync(zones: 16, slowZones: 14);
        var file = await fixture.CreateFileAsync("file", VolumeFixture.Bytes(10, 1));
        await fixture.CreateFileAsync("file2", VolumeFixture.Bytes(20, 2));
        await fixture.Volume.LinkAsync(file, Volume.RootInode, VolumeFixture.Name("hard"));
        await fixture.Volume.SymlinkAsync(Volume.RootInode, VolumeFixture.Name("link"), VolumeFixture.Name("file"), VolumeFixture.Root);
        await fixture.MakeDirectoryAsync("empty");
        await fixture.MakeDirectoryAsync("empty2");
        var inner = await fixture.MakeDirectoryAsync("inner", await fixture.MakeDirectoryAsync("full"));
        await fixture.CreateFileAsync("leaf", null, inner);
        return fixture;
    }

    private static ulong Find(VolumeFixture fixture, string path)
    {
        var (parent, name) = Split(fixture, path);
        return fixture.Find(name, parent);
    }

    private static (ulong Parent, string Name) Split(VolumeFixture fixture, string path)
    {
        var parts = path.Split('/');
        return (parts[..^1].Aggregate(Volume.RootInode, (parent, part) => fixture.Find(part, parent)), parts[^1]);
    }

    /// <summary>A directory has a link from its parent, its own, and one from each directory in it; and ".." leads to its parent.</summary>
    private static void AssertLinkCounts(VolumeFixture fixture, ulong directory)
    {
        var listing = Listing.Read(fixture.Volume, directory);
        var directories = listing.Where(entry => ZoneTierFS.Linux.FileMode.IsDirectory(entry.Mode) && entry.Name is not ("." or "..")).ToArray();
        Assert.Equal(2u + (uint)directories.Length, fixture.Volume.GetStatus(directory).Value.LinkCount);
        foreach (var entry in directories)
        {
            Assert.Equal(directory, fixture.Find("..", entry.Inode));
            AssertLinkCounts(fixture, entry.Inode);
        }
    }
}
