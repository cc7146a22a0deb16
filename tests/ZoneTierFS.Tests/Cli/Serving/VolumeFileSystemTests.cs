using Xunit;
using ZoneTierFS.Cli.Serving;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using ZoneTierFS.Tests.Engine;

namespace ZoneTierFS.Tests.Cli.Serving;

public sealed class VolumeFileSystemTests : IAsyncLifetime
{
    private const uint ReadWrite = 2;
    private VolumeFixture _fixture = null!;
    private VolumeFileSystem _files = null!;

    public async Task InitializeAsync()
    {
        _fixture = await VolumeFixture.CreateAsync();
        _files = new VolumeFileSystem(_fixture.Volume, new ControlAttributes(_fixture.Volume, new MountIdentity(1, "/m", "ztfs", "/c"), "tlc"));
    }

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Theory]
    [InlineData(0x0, OpenFlags.Read)]
    [InlineData(0x1, OpenFlags.Write)]
    [InlineData(0x2, OpenFlags.Read | OpenFlags.Write)]
    [InlineData(0x202, OpenFlags.Read | OpenFlags.Write | OpenFlags.Truncate)]
    [InlineData(0x8000, OpenFlags.Read)]
    [InlineData(0x48000, OpenFlags.Read | OpenFlags.NoAccessTime)]
    public void OpenFlagsAreTranslated(uint native, OpenFlags expected) => Assert.Equal(expected, VolumeFileSystem.Translate(native, killSetId: false));

    [Fact]
    public async Task ANewFileIsOpenAndCached()
    {
        var created = await _files.CreateAsync(Volume.RootInode, VolumeFixture.Name("new"), 0x1A4, ReadWrite, VolumeFixture.Root);
        Assert.Equal(Errno.Ok, created.Error);
        Assert.True(created.Value.Opened is { KeepCache: true, DirectIo: false });
        Assert.Equal(ZoneTierFS.Linux.FileMode.S_IFREG | 0x1A4, created.Value.Status.Mode);
        var again = await _files.CreateAsync(Volume.RootInode, VolumeFixture.Name("new"), 0x1A4, ReadWrite, VolumeFixture.Root);
        Assert.Equal(Errno.EEXIST, again.Error);
    }

    [Theory]
    [InlineData(0x0u, 0UL)]
    [InlineData(0x1000u, 1UL)]
    [InlineData(0x101000u, 1UL)]
    public async Task ASynchronousWriteIsCommittedWhenItReturns(uint flags, ulong commits)
    {
        var opened = (await _files.CreateAsync(Volume.RootInode, VolumeFixture.Name("log"), 0x1A4, ReadWrite, VolumeFixture.Root)).Value;
        var before = _fixture.Volume.GetVolumeStatus().Commits;
        var written = await _files.WriteAsync(opened.Status.Inode, opened.Opened.Handle, 0, new byte[4096], flags | ReadWrite, false, default);
        Assert.Equal(4096, written.Value);
        Assert.Equal(before + commits, _fixture.Volume.GetVolumeStatus().Commits);
    }

    [Theory]
    [InlineData(0x0u, 8192, Errno.Ok)]
    [InlineData(0x1u, 4096, Errno.Ok)]
    [InlineData(0x3u, 4096, Errno.Ok)]
    [InlineData(0x10u, 8192, Errno.Ok)]
    [InlineData(0x11u, 4096, Errno.Ok)]
    [InlineData(0x2u, 4096, Errno.EOPNOTSUPP)]
    [InlineData(0x8u, 4096, Errno.EOPNOTSUPP)]
    [InlineData(0x20u, 4096, Errno.EOPNOTSUPP)]
    public async Task AllocationModesAreTranslated(uint mode, long size, Errno expected)
    {
        var opened = (await _files.CreateAsync(Volume.RootInode, VolumeFixture.Name("file"), 0x1A4, ReadWrite, VolumeFixture.Root)).Value;
        await _files.WriteAsync(opened.Status.Inode, opened.Opened.Handle, 0, new byte[4096], ReadWrite, killSetId: false, default);
        Assert.Equal(expected, await _files.AllocateAsync(opened.Status.Inode, opened.Opened.Handle, 0, 8192, mode, default));
        Assert.Equal((ulong)size, (await _files.GetStatusAsync(opened.Status.Inode)).Value.Size);
    }

    [Theory]
    [InlineData(0u, Errno.Ok)]
    [InlineData(1u, Errno.EEXIST)]
    [InlineData(2u, Errno.Ok)]
    [InlineData(4u, Errno.EINVAL)]
    public async Task RenameFlagsAreTranslated(uint flags, Errno expected)
    {
        await _fixture.CreateFileAsync("a");
        await _fixture.CreateFileAsync("b");
        Assert.Equal(expected, await _files.RenameAsync(Volume.RootInode, VolumeFixture.Name("a"), Volume.RootInode, VolumeFixture.Name("b"), flags));
    }

    [Theory]
    [InlineData(3u, Errno.Ok)]
    [InlineData(4u, Errno.Ok)]
    [InlineData(0u, Errno.EINVAL)]
    [InlineData(5u, Errno.EINVAL)]
    [InlineData(uint.MaxValue, Errno.EINVAL)]
    public async Task OnlyDataAndHolesAreSought(uint whence, Errno expected)
    {
        var opened = (await _files.CreateAsync(Volume.RootInode, VolumeFixture.Name("file"), 0x1A4, ReadWrite, VolumeFixture.Root)).Value;
        await _files.WriteAsync(opened.Status.Inode, opened.Opened.Handle, 0, new byte[4096], ReadWrite, killSetId: false, default);
        Assert.Equal(expected, (await _files.SeekAsync(opened.Status.Inode, opened.Opened.Handle, 0, whence)).Error);
    }

    [Fact]
    public async Task TheSpaceIsTheVolumes()
    {
        var space = (await _files.GetSpaceAsync()).Value;
        Assert.Equal(_fixture.Volume.GetSpace().TotalBlocks, space.TotalBlocks);
        Assert.Equal(255u, space.NameBytesMax);
        Assert.True(space.FreeBlocks > 0 && space.Files > space.FreeFiles);
    }
}
