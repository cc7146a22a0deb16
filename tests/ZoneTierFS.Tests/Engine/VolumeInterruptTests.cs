using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Who waits for room can be told to give up; what was begun before stays, what waited has not happened.</summary>
public sealed class VolumeInterruptTests
{
    private const int Piece = 256 << 10;

    [Fact]
    public async Task A_write_that_waits_for_room_is_given_up()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { DirtyBytesMax = 1 << 20 });
        var (handle, written, gate) = await FillMemoryAsync(fixture);
        using var interrupt = new CancellationTokenSource();
        var waiting = fixture.Volume.WriteAsync(handle, written, VolumeFixture.Bytes(Piece, 9), false, false, interrupt.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        await interrupt.CancelAsync();
        Assert.Equal(Errno.EINTR, (await waiting).Error);
        gate.SetResult();
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(handle, false));
        await fixture.Volume.ReleaseAsync(handle);
        Assert.Equal((ulong)written, fixture.Volume.GetStatus(fixture.Find("f")).Value.Size);
        Assert.Equal(VolumeFixture.Bytes(Piece, 0), await fixture.ReadAsync(fixture.Find("f"), 0, Piece));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Copies_and_allocations_that_wait_are_given_up()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { DirtyBytesMax = 1 << 20 });
        var (handle, written, gate) = await FillMemoryAsync(fixture);
        using var interrupt = new CancellationTokenSource();
        var copy = fixture.Volume.CopyRangeAsync(handle, 0, handle, written, written, false, interrupt.Token).AsTask();
        var allocation = fixture.Volume.AllocateAsync(handle, AllocateMode.Extend, 0, 4 * written, interrupt.Token).AsTask();
        Assert.False(copy.IsCompleted || allocation.IsCompleted);
        await interrupt.CancelAsync();
        Assert.Equal(Errno.EINTR, (await copy).Error);
        Assert.Equal(Errno.EINTR, await allocation);
        gate.SetResult();
        await fixture.Volume.ReleaseAsync(handle);
        Assert.Equal((ulong)written, fixture.Volume.GetStatus(fixture.Find("f")).Value.Size);
    }

    [Fact]
    public async Task What_need_not_wait_is_done_although_it_was_interrupted()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var handle = await fixture.OpenFileAsync(await fixture.CreateFileAsync("f"));
        Assert.Equal(3, (await fixture.Volume.WriteAsync(handle, 0, new byte[3], false, false, new CancellationToken(canceled: true))).Value);
        await fixture.Volume.ReleaseAsync(handle);
    }

    /// <summary>Writes until memory is short, with devices that store nothing before the gate opens.</summary>
    private static async Task<(ulong Handle, long Written, TaskCompletionSource Gate)> FillMemoryAsync(VolumeFixture fixture)
    {
        var handle = await fixture.OpenFileAsync(await fixture.CreateFileAsync("f"));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Tlc.AppendGate = fixture.Qlc.AppendGate = gate.Task;
        var written = 0L;
        while (fixture.Volume.GetVolumeStatus().DirtyBytes <= fixture.Options.DirtyBytesMax)
        {
            Assert.True((await fixture.Volume.WriteAsync(handle, written, VolumeFixture.Bytes(Piece, (int)(written / Piece)), false, false)).IsOk);
            written += Piece;
        }
        return (handle, written, gate);
    }
}
