using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Tests.Engine;

namespace ZoneTierFS.Tests.Concurrency;

/// <summary>The watch finds each way to break the order of locks, and lets the order pass.</summary>
[Collection(LockWatch.Name)]
public sealed class LockOrderTests
{
    private readonly AsyncLock _writeBack = new(LockRank.WriteBackTurn);
    private readonly AsyncLock _inode = new(LockRank.InodeOrStream);
    private readonly AsyncLock _stream = new(LockRank.InodeOrStream);
    private readonly AsyncLock _journal = new(LockRank.JournalTurn);

    [Fact]
    public async Task Locks_taken_in_their_order_pass_again_and_again()
    {
        for (var round = 0; round < 3; round++)
        {
            await InAsync(_writeBack, () => InAsync(_inode, () => InAsync(_journal, () => Task.CompletedTask)));
            await InAsync(_stream, () => InAsync(_journal, async () => await Task.Yield()));
        }
        Assert.Equal(LockRank.JournalTurn, _journal.Rank);
    }

    [Fact]
    public async Task An_inversion_is_found()
    {
        await AssertBrokenAsync("InodeOrStream is taken under JournalTurn", () => InAsync(_journal, () => InAsync(_inode, () => Task.CompletedTask)));
        await AssertBrokenAsync("WriteBackTurn is taken under InodeOrStream", () => InAsync(_inode, () => InAsync(_writeBack, () => Task.CompletedTask)));
    }

    [Fact]
    public async Task Two_locks_of_a_rank_are_found()
    {
        await AssertBrokenAsync("InodeOrStream is taken under InodeOrStream", () => InAsync(_inode, () => InAsync(_stream, () => Task.CompletedTask)));
        await AssertBrokenAsync("InodeOrStream is taken under InodeOrStream", () => InAsync(_inode, () => InAsync(_inode, () => Task.CompletedTask)));
    }

    [Fact]
    public async Task A_flow_that_had_to_wait_is_watched_like_any()
    {
        await EnterAsync(_inode); // another flow's: what is entered in a method is forgotten where it ends
        var waits = InAsync(_inode, () => InAsync(_writeBack, () => Task.CompletedTask));
        Assert.False(waits.IsCompleted);
        _inode.ExitExclusive();
        await AssertBrokenAsync("WriteBackTurn is taken under InodeOrStream", () => waits);
    }

    [Fact]
    public async Task Other_flows_do_not_count()
    {
        await InAsync(_journal, async () =>
        {
            Task other;
            using (ExecutionContext.SuppressFlow()) other = Task.Run(() => InAsync(_inode, () => Task.CompletedTask));
            await other;
        });
        Assert.Equal(LockRank.InodeOrStream, _inode.Rank);
    }

    [Fact]
    public void A_lock_under_the_state_lock_is_found()
    {
        var gate = new Lock();
        LockOrder.AddInnermost(gate);
        lock (gate)
        {
            Assert.Throws<InvalidOperationException>(() => LockOrder.Entering(_inode));
            Assert.Throws<InvalidOperationException>(() => LockOrder.RequireNone("in a test"));
        }
        LockOrder.RequireNoInnermost("in a test");
    }

    [Fact]
    public void A_lock_that_was_removed_is_looked_at_no_more()
    {
        var gate = new Lock();
        LockOrder.AddInnermost(gate);
        lock (gate) Assert.Throws<InvalidOperationException>(() => LockOrder.RequireNoInnermost("in a test"));
        LockOrder.RemoveInnermost(gate);
        lock (gate) Assert.Null(Record.Exception(() => LockOrder.RequireNoInnermost("in a test")));
    }

    [Fact]
    public async Task Waiting_for_room_with_a_lock_is_found() =>
        await AssertBrokenAsync("InodeOrStream is held while it rains", () => InAsync(_inode, () =>
        {
            LockOrder.RequireNone("while it rains");
            return Task.CompletedTask;
        }));

    [Fact]
    public async Task An_operation_begun_within_a_commit_is_found()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f", new byte[5000]);
        var handle = await fixture.OpenFileAsync(inode);
        Task<Exception?>? planted = null;
        fixture.Tlc.FailsFlush = () =>
        {
            planted ??= Record.ExceptionAsync(async () => await fixture.Volume.WriteAsync(handle, 0, new byte[10], false, false));
            return false;
        };
        await fixture.SyncAsync();
        Assert.Contains("Lock order broken", (await planted!)!.Message, StringComparison.Ordinal);
    }

    private static async Task EnterAsync(AsyncLock taken) => await taken.EnterExclusiveAsync();

    private static async Task InAsync(AsyncLock taken, Func<Task> then)
    {
        await taken.EnterExclusiveAsync();
        try
        {
            await then();
        }
        finally
        {
            taken.ExitExclusive();
        }
    }

    private static async Task AssertBrokenAsync(string how, Func<Task> inversion)
    {
        var broken = await Assert.ThrowsAsync<InvalidOperationException>(inversion);
        Assert.Contains(how, broken.Message, StringComparison.Ordinal);
    }
}
