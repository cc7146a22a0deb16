using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

public sealed class VolumeAccessTimeTests
{
    private const long Hour = 3_600_000_000_000;

    private static long Now => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    [Theory]
    [InlineData(-2, -3, -3, false)] // read since the last change, and today
    [InlineData(-3, -2, -4, true)]
    [InlineData(-3, -4, -2, true)]
    [InlineData(-25, -30, -30, true)]
    [InlineData(-23, -30, -30, false)]
    public async Task The_access_time_moves_when_it_is_not_newer_than_the_last_change_or_a_day_old(int accessed, int modified, int changed, bool moves)
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f", [1]);
        await fixture.FsyncAsync(inode);
        var now = Now;
        var times = new FileStatusChanges { AccessTime = now + accessed * Hour, ModifyTime = now + modified * Hour, ChangeTime = now + changed * Hour };
        var before = (await fixture.Volume.SetStatusAsync(inode, times)).Value;
        Assert.Equal(moves, fixture.Volume.NoteAccess(inode));
        Assert.False(fixture.Volume.NoteAccess(inode));
        var after = fixture.Volume.GetStatus(inode).Value;
        Assert.Equal((before.ModifyTime, before.ChangeTime), (after.ModifyTime, after.ChangeTime));
        Assert.Equal(moves, after.AccessTime >= now);
        if (!moves) Assert.Equal(before.AccessTime, after.AccessTime);
    }

    [Fact]
    public async Task Reading_moves_it_once_after_each_write_unless_the_opener_asked_not_to()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        var handle = await fixture.OpenFileAsync(inode);
        var quiet = await fixture.OpenFileAsync(inode, OpenFlags.Read | OpenFlags.NoAccessTime);
        for (var i = 0; i < 3; i++)
        {
            await fixture.Volume.WriteAsync(handle, 0, new byte[100], append: false, killSetId: false);
            Assert.Equal(AccessTime(), await ReadAsync(quiet));
            var read = await ReadAsync(handle);
            Assert.True(read > fixture.Volume.GetStatus(inode).Value.ModifyTime);
            Assert.Equal(read, await ReadAsync(handle));
        }
        await fixture.Volume.ReleaseAsync(handle);
        await fixture.Volume.ReleaseAsync(quiet);

        long AccessTime() => fixture.Volume.GetStatus(inode).Value.AccessTime;

        async Task<long> ReadAsync(ulong by)
        {
            Assert.Equal(100, (await fixture.Volume.ReadAsync(by, 0, new byte[100])).Value);
            return AccessTime();
        }
    }

    [Fact]
    public async Task It_is_kept_and_costs_no_commit()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { CommitInterval = TimeSpan.FromMinutes(10) });
        var inode = await fixture.CreateFileAsync("f", [1]);
        await fixture.SyncAsync();
        var commits = fixture.Volume.GetVolumeStatus().Commits;
        Assert.True(fixture.Volume.NoteAccess(inode));
        var accessed = fixture.Volume.GetStatus(inode).Value.AccessTime;
        Assert.Equal(commits, fixture.Volume.GetVolumeStatus().Commits);
        await fixture.ReopenAsync();
        Assert.Equal(accessed, fixture.Volume.GetStatus(inode).Value.AccessTime);
    }

    [Fact]
    public async Task Noatime_and_a_volume_that_is_only_read_leave_it_alone()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { AccessTimes = AccessTimes.Noatime });
        var inode = await fixture.CreateFileAsync("f", [1]);
        Assert.False(fixture.Volume.NoteAccess(inode));
        await fixture.ReopenAsync(new VolumeOptions { ReadOnly = true });
        Assert.False(fixture.Volume.NoteAccess(inode));
        Assert.Single(await fixture.ReadAsync(inode));
    }
}
