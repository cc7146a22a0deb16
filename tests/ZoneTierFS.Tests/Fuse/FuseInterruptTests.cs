using Xunit;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;
using static ZoneTierFS.Tests.Fuse.FuseMessages;

namespace ZoneTierFS.Tests.Fuse;

/// <summary>An INTERRUPT, read by any worker, ends the waiting of the one request that it names, and of no other.</summary>
public sealed class FuseInterruptTests
{
    private static readonly byte[] Read = Request(15, Bytes("4D00000000000000 0010000000000000 00100000 00000000 0000000000000000 00800000 00000000"));
    private static readonly byte[] Data = Convert.FromHexString(Reply("64617461"));
    private static readonly byte[] Interrupted = Convert.FromHexString(Reply(Errno.EINTR));
    private readonly ScriptedFileSystem _fileSystem = new() { Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) };
    private readonly RequestInterrupts _interrupts = new();

    [Fact]
    public async Task A_request_that_waits_is_interrupted_through_another_worker()
    {
        using var waiting = Worker();
        using var other = Worker();
        var answer = Task.Run(() => waiting.Dispatch(Read).ToArray());
        await _fileSystem.AtGate.Task;
        Assert.True(other.Dispatch(InterruptOf(Unique)).IsEmpty);
        Assert.Equal(Interrupted, await answer);
        Assert.Empty(_fileSystem.Calls);
    }

    [Fact]
    public async Task An_interrupt_of_another_request_is_not_heard()
    {
        using var waiting = Worker();
        using var other = Worker();
        var answer = Task.Run(() => waiting.Dispatch(Read).ToArray());
        await _fileSystem.AtGate.Task;
        other.Dispatch(InterruptOf(Unique + 2));
        _fileSystem.Gate!.SetResult();
        Assert.Equal(Data, await answer);
    }

    [Fact]
    public void An_interrupt_that_overtakes_its_request_is_kept_for_it()
    {
        using var reader = Worker();
        using var other = Worker();
        other.Dispatch(InterruptOf(Unique));
        Assert.Equal(Interrupted, reader.Dispatch(Read).ToArray());
    }

    [Fact]
    public void A_worker_whose_request_was_interrupted_serves_the_next_one()
    {
        using var worker = Worker();
        worker.Dispatch(InterruptOf(Unique));
        Assert.Equal(Interrupted, worker.Dispatch(Read).ToArray());
        _fileSystem.Gate!.SetResult();
        var next = Read.ToArray();
        next[8] += 2;
        Assert.Equal(Data[16..], worker.Dispatch(next)[16..].ToArray());
    }

    [Fact]
    public void What_need_not_wait_answers_although_it_was_interrupted()
    {
        _fileSystem.Gate!.SetResult();
        using var worker = Worker();
        worker.Dispatch(Request(36, Bytes("2200000000000000")));
        var flush = Request(25, Bytes("4D00000000000000 00000000 00000000 0000000000000000"));
        Assert.Equal(Reply(""), Convert.ToHexString(worker.Dispatch(flush).Span));
    }

    [Fact]
    public void Early_interrupts_are_forgotten_oldest_first()
    {
        using var slot = _interrupts.AddSlot();
        for (ulong unique = 2; unique <= 130; unique += 2)
            _interrupts.Interrupt(unique);
        Assert.False(slot.Begin(2).IsCancellationRequested);
        Assert.True(slot.Begin(4).IsCancellationRequested);
        Assert.True(slot.Begin(130).IsCancellationRequested);
        Assert.False(slot.Begin(132).IsCancellationRequested);
    }

    [Fact]
    public void Between_requests_a_slot_hears_nothing()
    {
        using var slot = _interrupts.AddSlot();
        var token = slot.Begin(2);
        slot.End();
        _interrupts.Interrupt(2);
        Assert.False(token.IsCancellationRequested);
    }

    private static byte[] InterruptOf(ulong unique) => Request(36, BitConverter.GetBytes(unique));

    private FuseDispatcher Worker() => Dispatcher(_fileSystem, interrupts: _interrupts);
}
