using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Who is told of a failure to store, and how often: each open file once, as Linux does it. Nothing but the tests stores in the background.</summary>
public sealed class VolumeWriteErrorTests
{
    private static readonly VolumeOptions s_still = new() { CommitInterval = TimeSpan.FromHours(1) };

    [Fact]
    public async Task Every_open_file_is_told_of_a_failed_write_back_once()
    {
        await using var fixture = await VolumeFixture.CreateAsync(s_still);
        var inode = await fixture.CreateFileAsync("f");
        var one = await fixture.OpenFileAsync(inode);
        var other = await fixture.OpenFileAsync(inode, OpenFlags.Read);
        var closing = await fixture.OpenFileAsync(inode);
        await FailOnceAsync(fixture, one);
        var later = await fixture.OpenFileAsync(inode);
        Assert.Equal(Errno.ENOSPC, await fixture.Volume.FsyncAsync(one, false));
        var afterTold = await fixture.OpenFileAsync(inode);
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(one, false));
        Assert.Equal(Errno.Ok, await fixture.Volume.FlushFileAsync(one));
        Assert.Equal(Errno.ENOSPC, await fixture.Volume.FsyncAsync(other, true));
        Assert.Equal(Errno.ENOSPC, await fixture.Volume.FlushFileAsync(closing));
        Assert.Equal(Errno.Ok, await fixture.Volume.FlushFileAsync(closing));
        Assert.Equal(Errno.ENOSPC, await fixture.Volume.FlushFileAsync(later));
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(afterTold, false));
        Assert.Equal(VolumeFixture.Bytes(100_000, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task A_failure_that_nobody_was_told_of_waits_for_the_next_who_opens()
    {
        await using var fixture = await VolumeFixture.CreateAsync(s_still);
        var inode = await fixture.CreateFileAsync("f");
        var first = await fixture.OpenFileAsync(inode);
        await fixture.FailDataAsync(Errno.ENOSPC);
        Assert.True((await fixture.Volume.WriteAsync(first, 0, VolumeFixture.Bytes(100_000, 1), false, false)).IsOk);
        Assert.Equal(Errno.Ok, await fixture.Volume.FlushFileAsync(first));
        await fixture.Volume.ReleaseAsync(first);
        Assert.Equal(Errno.ENOSPC, await fixture.Volume.SyncAsync());
        var second = await fixture.OpenFileAsync(inode);
        fixture.Tlc.Mend();
        fixture.Qlc.Mend();
        Assert.Equal(Errno.ENOSPC, await fixture.Volume.FsyncAsync(second, false));
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(second, false));
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(100_000, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task Fsync_fails_for_as_long_as_the_data_is_not_stored()
    {
        await using var fixture = await VolumeFixture.CreateAsync(s_still);
        var inode = await fixture.CreateFileAsync("f");
        var handle = await fixture.OpenFileAsync(inode);
        await fixture.FailDataAsync(Errno.ENOSPC);
        Assert.True((await fixture.Volume.WriteAsync(handle, 0, VolumeFixture.Bytes(100_000, 1), false, false)).IsOk);
        for (var i = 0; i < 3; i++) Assert.Equal(Errno.ENOSPC, await fixture.Volume.FsyncAsync(handle, false));
        fixture.Tlc.Mend();
        fixture.Qlc.Mend();
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(handle, false));
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(100_000, 1), await fixture.ReadAsync(inode));
    }

    /// <summary>Without fsync, close is the last chance to say that the volume failed under what was written.</summary>
    [Theory]
    [InlineData(true)] // stored in a zone, but not part of a commit
    [InlineData(false)] // still in memory
    public async Task Close_tells_once_that_the_volume_failed_before_the_data_was_durable(bool isStored)
    {
        await using var fixture = await VolumeFixture.CreateAsync(s_still);
        var durable = await fixture.OpenFileAsync(await fixture.CreateFileAsync("durable"));
        Assert.True((await fixture.Volume.WriteAsync(durable, 0, VolumeFixture.Bytes(5000, 1), false, false)).IsOk);
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(durable, false));
        var lost = await fixture.OpenFileAsync(await fixture.CreateFileAsync("lost"));
        if (isStored) Assert.True((await fixture.Volume.WriteAsync(lost, 0, VolumeFixture.Bytes(5000, 2), false, false)).IsOk);
        fixture.Tlc.FailsFlush = () =>
        {
            // The volume is just failing: what is written now is accepted and stays in memory.
            if (!isStored) Assert.True(fixture.Volume.WriteAsync(lost, 0, VolumeFixture.Bytes(5000, 2), false, false).AsTask().Result.IsOk);
            return true;
        };
        Assert.Equal(Errno.EIO, await fixture.Volume.SyncAsync());
        Assert.NotNull(fixture.Volume.GetVolumeStatus().Failure);
        Assert.Equal(isStored ? 0 : 8192, fixture.Place(fixture.Find("lost")).DirtyBytes);
        Assert.Equal(Errno.EIO, await fixture.Volume.FlushFileAsync(lost));
        Assert.Equal(Errno.Ok, await fixture.Volume.FlushFileAsync(lost));
        Assert.Equal(Errno.Ok, await fixture.Volume.FlushFileAsync(durable));
        Assert.Equal(Errno.EIO, await fixture.Volume.FsyncAsync(lost, false));
        Assert.Equal(Errno.EIO, await fixture.Volume.FsyncAsync(durable, false));
    }

    /// <summary>A write-back fails, and a later one succeeds, before anybody is told.</summary>
    private static async Task FailOnceAsync(VolumeFixture fixture, ulong handle)
    {
        await fixture.FailDataAsync(Errno.ENOSPC);
        Assert.True((await fixture.Volume.WriteAsync(handle, 0, VolumeFixture.Bytes(100_000, 1), false, false)).IsOk);
        Assert.Equal(Errno.ENOSPC, await fixture.Volume.SyncAsync());
        fixture.Tlc.Mend();
        fixture.Qlc.Mend();
        await fixture.SyncAsync();
    }
}
