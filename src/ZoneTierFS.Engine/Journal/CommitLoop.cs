using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>Commits and confirms what is old, and checkpoints when the journal is long, many pages are dirty, or a while has passed.</summary>
internal sealed class CommitLoop(VolumeState state)
{
    /// <summary>Dirty pages that call for a checkpoint: 16 KiB each, all copied at once; and on small devices no more than a zone holds.</summary>
    private readonly int _dirtyPagesMax = Math.Min(2048, (int)state.Zones[0].CapacityBlocks / MetadataZones.BlocksPerPage);

    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(60);

    public async Task RunAsync(CancellationToken ct)
    {
        var lastCheckpoint = state.Time.GetTimestamp();
        while (!ct.IsCancellationRequested)
        {
            var seen = state.Journal.Long.Version;
            if (IsCheckpointDue(lastCheckpoint))
            {
                await state.Checkpointer.RunAsync();
                lastCheckpoint = state.Time.GetTimestamp();
            }
            await state.Journal.Long.WaitAsync(seen, state.Options.CommitInterval, state.Time, ct);
            if (state.Failure is null && await state.Journal.ConfirmAsync() != Errno.Ok) return;
        }
    }

    private bool IsCheckpointDue(long last)
    {
        if (state.Failure is not null) return false;
        lock (state.Gate)
        {
            var dirty = state.Pages.DirtyCount + state.Checksums.DirtyCount;
            return state.Journal.BytesSinceCheckpoint > state.JournalBytesMax || dirty > _dirtyPagesMax
                || (dirty > 0 && state.Time.GetElapsedTime(last) > CheckpointInterval);
        }
    }
}
