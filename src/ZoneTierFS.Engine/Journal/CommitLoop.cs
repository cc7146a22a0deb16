using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>Commits what is old, and checkpoints when the journal is long, many pages are dirty, or a while has passed.</summary>
internal sealed class CommitLoop(VolumeState state)
{
    /// <summary>Dirty pages that call for a checkpoint: 16 KiB each, all copied at once.</summary>
    private const int DirtyPagesMax = 2048;

    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(60);

    public async Task RunAsync(CancellationToken ct)
    {
        var lastCheckpoint = state.Time.GetTimestamp();
        while (!ct.IsCancellationRequested)
        {
            var wanted = state.Journal.Long.Next;
            if (IsCheckpointDue(lastCheckpoint))
            {
                await state.Checkpointer.RunAsync();
                lastCheckpoint = state.Time.GetTimestamp();
            }
            await AsyncSignal.WaitAsync(wanted, state.Options.CommitInterval, state.Time, ct);
            if (state.Failure is null && await state.Journal.CommitAsync(ulong.MaxValue) != Errno.Ok) return;
        }
    }

    private bool IsCheckpointDue(long last)
    {
        if (state.Failure is not null) return false;
        lock (state.Gate)
        {
            var dirty = state.Pages.DirtyCount + state.Checksums.DirtyCount;
            return state.Journal.BytesSinceCheckpoint > state.JournalBytesMax || dirty > DirtyPagesMax
                || (dirty > 0 && state.Time.GetElapsedTime(last) > CheckpointInterval);
        }
    }
}
