using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>A device that vanishes while the volume is mounted takes along only what lies nowhere else.</summary>
public sealed class VolumeLostDeviceTests
{
    private const int Length = 307_200;

    [Fact]
    public async Task Without_its_slow_device_a_volume_goes_on_with_all_that_is_not_only_there()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var copied = await VolumeMediaFaultTests.CopiedAsync(fixture);
        var slow = await fixture.CreateFileAsync("slow.gguf", VolumeFixture.Bytes(Length, 2));
        var fast = await fixture.CreateFileAsync("fast", VolumeFixture.Bytes(Length, 3));
        await fixture.SyncAsync();
        fixture.Qlc.SetGone(true);
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(slow)).Error);
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(copied));
        Assert.Equal(VolumeFixture.Bytes(Length, 3), await fixture.ReadAsync(fast));
        var fresh = await fixture.CreateFileAsync("fresh.gguf", VolumeFixture.Bytes(Length, 4));
        Assert.Equal(Errno.Ok, await fixture.FsyncAsync(fresh));
        Assert.Equal(0, fixture.Place(fresh).BytesByTier["qlc"]);
        await fixture.SyncAsync();
        Assert.Contains(fixture.Log.Lines, line => line.Contains("The device of tier qlc answers no more", StringComparison.Ordinal));
        var status = fixture.Volume.GetVolumeStatus();
        Assert.Null(status.Failure);
        Assert.True(status.Tiers[1].Lost);
        Assert.InRange(fixture.Volume.GetSpace().TotalBlocks, 1ul, 32ul * 256);
        Assert.InRange(fixture.Volume.GetSpace().FreeBlocks, 1ul, 32ul * 256);
        // Nobody may drop the last of the bytes now.
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(copied, null));
        Assert.Equal(Errno.EIO, await fixture.Volume.EvictAsync(copied));
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(copied));
    }

    [Fact]
    public async Task A_slow_device_that_comes_back_is_whole_at_the_next_mount()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var slow = await fixture.CreateFileAsync("slow.gguf", VolumeFixture.Bytes(Length, 2));
        await fixture.SyncAsync();
        fixture.Qlc.SetGone(true);
        var fresh = await fixture.CreateFileAsync("fresh.gguf", VolumeFixture.Bytes(Length, 4));
        await fixture.SyncAsync();
        await fixture.CloseAsync(); // with a checkpoint, of which only the fast device knows
        fixture.Qlc.SetGone(false);
        await fixture.OpenAsync();
        Assert.Equal(VolumeFixture.Bytes(Length, 2), await fixture.ReadAsync(slow));
        Assert.Equal(VolumeFixture.Bytes(Length, 4), await fixture.ReadAsync(fresh));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Without_its_fast_device_a_volume_still_reads_what_lies_on_the_slow_one()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var copied = await VolumeMediaFaultTests.CopiedAsync(fixture);
        var fast = await fixture.CreateFileAsync("fast", VolumeFixture.Bytes(Length, 3));
        await fixture.SyncAsync();
        fixture.Tlc.SetGone(true);
        var late = await fixture.CreateFileAsync("late", VolumeFixture.Bytes(Length, 5));
        Assert.Equal(Errno.EIO, await fixture.FsyncAsync(late));
        Assert.NotNull(fixture.Volume.GetVolumeStatus().Failure);
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(copied));
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(fast)).Error);
        Assert.Contains(fixture.Log.Lines, line => line.Contains("The device of tier tlc answers no more", StringComparison.Ordinal));
        await fixture.CloseAsync();
        fixture.Tlc.SetGone(false);
        await fixture.OpenAsync();
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(copied));
        Assert.Equal(VolumeFixture.Bytes(Length, 3), await fixture.ReadAsync(fast));
    }

    [Fact]
    public async Task Data_that_no_flush_had_made_durable_when_the_device_vanished_is_never_called_durable()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("big.gguf");
        var handle = await fixture.OpenFileAsync(inode);
        for (var i = 0; i < 8; i++)
            Assert.True((await fixture.Volume.WriteAsync(handle, i << 20, VolumeFixture.Bytes(1 << 20, i), false, false)).IsOk);
        await Eventually.HoldsAsync(() => fixture.Place(inode).DirtyBytes < 8 << 20);
        fixture.Qlc.SetGone(true);
        Assert.Equal(Errno.EIO, await fixture.Volume.FsyncAsync(handle, false));
        Assert.Equal(Errno.EIO, await fixture.Volume.FsyncAsync(handle, false));
    }
}
