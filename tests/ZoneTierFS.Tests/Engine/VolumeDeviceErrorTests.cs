using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>
/// A device that refuses, for once or for good: nothing that was accepted is lost while anything can be done, and what cannot be kept is said.
/// </summary>
public sealed class VolumeDeviceErrorTests
{
    [Fact]
    public async Task After_a_failed_append_a_zone_is_left_alone_and_the_data_lands_elsewhere()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f.gguf");
        int? refused = null;
        fixture.Qlc.FailsAppend = zone => zone.Index == (refused ??= zone.Index) ? Errno.EIO : Errno.Ok;
        await fixture.WriteAsync(inode, 0, VolumeFixture.Bytes(3_000_000, 1), sync: true);
        Assert.Equal(VolumeFixture.Bytes(3_000_000, 1), await fixture.ReadAsync(inode));
        Assert.DoesNotContain(fixture.Place(inode).Extents, extent => extent.Zone == refused);
        Assert.Contains(fixture.Log.Lines, line => line.Contains($"zone {refused} failed", StringComparison.Ordinal));
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(3_000_000, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task After_a_failed_journal_append_a_checkpoint_takes_over()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        await fixture.CreateFileAsync("before");
        await fixture.SyncAsync();
        var checkpoints = fixture.Volume.GetVolumeStatus().Checkpoints;
        await fixture.CreateFileAsync("after");
        var fail = 1;
        fixture.Tlc.FailsAppend = _ => Interlocked.Exchange(ref fail, 0) == 1 ? Errno.EIO : Errno.Ok;
        await fixture.SyncAsync();
        Assert.Equal(0, fail);
        Assert.Equal(checkpoints + 1, fixture.Volume.GetVolumeStatus().Checkpoints);
        Assert.Contains(fixture.Log.Lines, line => line.Contains("writing a checkpoint instead", StringComparison.Ordinal));
        await fixture.CreateFileAsync("later");
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        Assert.All(["before", "after", "later"], name => Assert.NotEqual(0ul, fixture.Find(name)));
    }

    [Theory]
    [InlineData("tlc")]
    [InlineData("qlc")]
    public async Task One_failed_flush_makes_the_volume_read_only(string tier)
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var old = await fixture.CreateFileAsync("old.gguf", VolumeFixture.Bytes(50_000, 1));
        await fixture.SyncAsync();
        var fresh = await fixture.CreateFileAsync("fresh.gguf", VolumeFixture.Bytes(50_000, 2));
        var fail = 1;
        (tier == "tlc" ? fixture.Tlc : fixture.Qlc).FailsFlush = () => Interlocked.Exchange(ref fail, 0) == 1;
        Assert.Equal(Errno.EIO, await fixture.FsyncAsync(fresh));
        Assert.Contains("flush", fixture.Volume.GetVolumeStatus().Failure, StringComparison.Ordinal);
        Assert.Equal(Errno.EIO, await fixture.FsyncAsync(fresh));
        Assert.Equal(VolumeFixture.Bytes(50_000, 1), await fixture.ReadAsync(old));
        Assert.Equal(VolumeFixture.Bytes(50_000, 2), await fixture.ReadAsync(fresh));
        Assert.Equal(Errno.EIO, await fixture.TryWriteAsync(old, 0, [1]));
        Assert.Equal(Errno.EIO, await fixture.Volume.UnlinkAsync(Volume.RootInode, VolumeFixture.Name("old.gguf")));
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(50_000, 1), await fixture.ReadAsync(old));
    }

    [Fact]
    public async Task A_superblock_zone_that_refuses_right_after_it_was_emptied_is_emptied_again()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(50_000, 1));
        await fixture.CloseAsync();
        await fixture.Tlc.FinishAsync(new ZoneId(0), CancellationToken.None);
        var refusals = 0;
        fixture.Tlc.FailsAppend = zone => zone.Index == 1 && refusals++ == 0 ? Errno.EIO : Errno.Ok;
        await fixture.OpenAsync();
        Assert.True(refusals > 1);
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(50_000, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task A_volume_that_failed_writes_nothing_more()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { CommitInterval = TimeSpan.FromMilliseconds(100) });
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(50_000, 1));
        await fixture.SyncAsync();
        var handle = await fixture.OpenFileAsync(inode);
        fixture.Tlc.FailsFlush = () => true;
        // EIO where the background, which confirms the sync, has met the failure first.
        for (var i = 0; i < 6; i++)
        {
            var written = await fixture.Volume.WriteAsync(handle, i << 20, VolumeFixture.Bytes(1 << 20, 2), false, false);
            Assert.True(written.Error is Errno.Ok or Errno.EIO, $"write {i}: {written.Error}");
        }
        await Eventually.HoldsAsync(() => fixture.Volume.GetVolumeStatus().Failure is not null);
        Assert.Equal(Errno.EIO, await fixture.Volume.FsyncAsync(handle, false));
        var changes = fixture.Tlc.Changes;
        for (var i = 0; i < 5; i++) Assert.Equal(Errno.EIO, await fixture.Volume.FsyncAsync(handle, false));
        Assert.Equal(changes, fixture.Tlc.Changes);
    }

    [Fact]
    public async Task A_full_device_is_told_once_and_the_data_is_kept_and_stored_later()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        await fixture.FailDataAsync(Errno.ENOSPC);
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(300_000, 2));
        Assert.Equal(Errno.ENOSPC, await fixture.FsyncAsync(inode));
        Assert.Equal(VolumeFixture.Bytes(300_000, 2), await fixture.ReadAsync(inode));
        Assert.Null(fixture.Volume.GetVolumeStatus().Failure);
        fixture.Tlc.Mend();
        fixture.Qlc.Mend();
        Assert.Equal(Errno.Ok, await fixture.FsyncAsync(inode));
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(300_000, 2), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task A_write_back_that_fails_half_way_keeps_only_what_is_not_stored()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        await fixture.FailDataAsync(Errno.ENOSPC);
        ZoneId? good = null;
        foreach (var device in new[] { fixture.Tlc, fixture.Qlc })
        {
            var fails = device.FailsAppend!;
            device.FailsAppend = zone => fails(zone) == Errno.Ok || (good ??= zone) == zone ? Errno.Ok : Errno.ENOSPC;
        }
        var content = VolumeFixture.Bytes(1_600_000, 2); // the zone that works takes 1 MiB
        var inode = await fixture.CreateFileAsync("f", content);
        Assert.Equal(Errno.ENOSPC, await fixture.FsyncAsync(inode));
        Assert.InRange(fixture.Place(inode).DirtyBytes, 1, 800_000);
        Assert.Equal(content, await fixture.ReadAsync(inode));
        fixture.Tlc.Mend();
        fixture.Qlc.Mend();
        Assert.Equal(Errno.Ok, await fixture.FsyncAsync(inode));
        await fixture.CrashAsync();
        Assert.Equal(content, await fixture.ReadAsync(inode));
        await fixture.AssertSoundAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failed_write_back_is_told_exactly_once_by_fsync_or_close(bool byFsync)
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { CommitInterval = TimeSpan.FromMilliseconds(100) });
        var inode = await fixture.CreateFileAsync("f");
        var handle = await fixture.OpenFileAsync(inode);
        await fixture.FailDataAsync(Errno.ENOSPC);
        Assert.True((await fixture.Volume.WriteAsync(handle, 0, VolumeFixture.Bytes(100_000, 1), false, false)).IsOk);
        await Eventually.HoldsAsync(() => fixture.Log.Lines.Any(line => line.Contains("could not be stored", StringComparison.Ordinal)));
        fixture.Tlc.Mend();
        fixture.Qlc.Mend();
        await Eventually.HoldsAsync(() => fixture.Place(inode).DirtyBytes == 0);
        Assert.Equal(Errno.ENOSPC, byFsync ? await fixture.Volume.FsyncAsync(handle, false) : await fixture.Volume.FlushFileAsync(handle));
        Assert.Equal(Errno.Ok, await fixture.Volume.FlushFileAsync(handle));
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(handle, false));
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(100_000, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task What_cannot_be_stored_is_not_tried_without_a_pause()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { CommitInterval = TimeSpan.FromSeconds(2) });
        var tried = 0;
        await fixture.FailDataAsync(Errno.ENOSPC, () => Interlocked.Increment(ref tried));
        var inode = await fixture.CreateFileAsync("f");
        await fixture.WriteAsync(inode, 0, VolumeFixture.Bytes(5 << 20, 1));
        await Eventually.HoldsAsync(() => Volatile.Read(ref tried) > 0);
        for (var i = 0; i < 200; i++) await fixture.ReadAsync(inode, 0, 1 << 20);
        // Two workers, each with its first try, and perhaps one more after half a second; without a pause it would be thousands.
        Assert.InRange(Volatile.Read(ref tried), 1, 50);
        fixture.Tlc.Mend();
        fixture.Qlc.Mend();
        Assert.Equal(Errno.ENOSPC, await fixture.FsyncAsync(inode));
        Assert.Equal(Errno.Ok, await fixture.FsyncAsync(inode));
        Assert.Equal(VolumeFixture.Bytes(5 << 20, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task A_device_that_refuses_a_move_stops_the_move_and_not_the_volume()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(300_000, 1));
        await fixture.SyncAsync();
        var tried = 0;
        fixture.Qlc.FailsAppend = zone =>
        {
            if (zone.Index < 2) return Errno.Ok;
            Interlocked.Increment(ref tried);
            return Errno.ENOSPC;
        };
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, "qlc"));
        await Eventually.HoldsAsync(() => Volatile.Read(ref tried) > 0);
        await fixture.SyncAsync();
        Assert.Equal(VolumeFixture.Bytes(300_000, 1), await fixture.ReadAsync(inode));
        fixture.Qlc.Mend();
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, "qlc"));
        await Eventually.HoldsAsync(() => fixture.Place(inode).BytesByTier["tlc"] == 0);
        Assert.Null(fixture.Volume.GetVolumeStatus().Failure);
        Assert.Equal(VolumeFixture.Bytes(300_000, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task A_checkpoint_that_cannot_be_written_makes_the_volume_read_only()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        await fixture.WriteAsync(await fixture.CreateFileAsync("f"), 0, VolumeFixture.Bytes(50_000, 1), sync: true);
        await fixture.CreateFileAsync("lost");
        fixture.Tlc.FailsAppend = _ => Errno.EIO;
        Assert.Equal(Errno.EIO, await fixture.Volume.SyncAsync());
        Assert.Contains("checkpoint failed", fixture.Volume.GetVolumeStatus().Failure, StringComparison.Ordinal);
        Assert.Equal(VolumeFixture.Bytes(50_000, 1), await fixture.ReadAsync(fixture.Find("f")));
        fixture.Tlc.Mend();
        await fixture.ReopenAsync();
        Assert.Equal(VolumeFixture.Bytes(50_000, 1), await fixture.ReadAsync(fixture.Find("f")));
        Assert.Equal(0ul, fixture.Find("lost"));
    }
}
