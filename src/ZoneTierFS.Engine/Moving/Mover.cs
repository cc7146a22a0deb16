using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Engine.Scheduling;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Moving;

/// <summary>
/// The one mover: cleans zones when space runs low, brings files where their class or pin wants them, and promotes chunks that are read again and again. It
/// keeps to a rate and behind foreground I/O, except while writers wait for the zones that it frees.
/// </summary>
internal sealed class Mover : IDisposable
{
    /// <summary>Chunks of heat, and so of promotion, bytes.</summary>
    private const int ChunkBytes = HeatTable.ChunkBytes;
    private const ulong ChunkBlocks = ChunkBytes / DeviceZones.BlockSize;

    /// <summary>How often a move gives way to the foreground before it takes its guaranteed share.</summary>
    private const int YieldsMax = 10;

    /// <summary>Zones that cleaning keeps for users beyond the reserve, at least: while one is filled, the next one is made.</summary>
    private const int SpareZonesMin = 2;

    private const int HotChunksMax = 64;
    private const int HistoryMax = 4096;

    private readonly VolumeState _state;
    private readonly Copier _copier;
    private readonly Cleaner _cleaner;
    private readonly Evacuation _evacuation;
    private readonly TokenBucket _bucket;
    private readonly PromotionHistory _history = new(HistoryMax);
    private readonly HotChunk[] _hot = new HotChunk[HotChunksMax];
    private long _lastHeatRound;

    public Mover(VolumeState state)
    {
        _state = state;
        _copier = new Copier(state);
        _cleaner = new Cleaner(state, _copier, _history);
        _evacuation = new Evacuation(state, _cleaner, _copier);
        Planner = new MovePlanner(state);
        _bucket = new TokenBucket(Math.Max(1, state.Options.MoveBytesPerSecond), Math.Max(4 << 20, state.Options.MoveBytesPerSecond / 4), state.Now);
    }

    public MovePlanner Planner { get; }

    public Cleaner Cleaner => _cleaner;

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var seen = _state.MoveRequests.Wanted.Version;
            if (_state.Failure is null && await TryStepAsync()) continue;
            await _state.MoveRequests.Wanted.WaitAsync(seen, _state.Options.MoveInterval, _state.Time, ct);
        }
    }

    /// <summary>A device that fails in the middle of a move leaves the move undone, and nothing else: it is tried again at the next interval.</summary>
    private async ValueTask<bool> TryStepAsync()
    {
        try
        {
            return await StepAsync();
        }
        catch (DeviceException failure)
        {
            StateLog.OperationFailed(_state.Log, "Moving", failure.Message);
            return false;
        }
    }

    /// <summary>One piece of work; false when there is none now.</summary>
    private async ValueTask<bool> StepAsync()
    {
        var worked = false;
        await _state.Watch.ExamineSuspectsAsync();
        foreach (var zones in _state.Zones)
        {
            if (zones.IsLost) continue;
            worked |= await _evacuation.StepAsync(zones, PaceCleaningAsync) || await CleanIfNeededAsync(zones);
        }
        if (worked) return true;
        if (_state.Options.MoveBytesPerSecond == 0) return false;
        if (TakeRequest(out var inode, out var decision))
        {
            await MoveFileAsync(inode, decision);
            return true;
        }
        return await PromoteHotAsync();
    }

    /// <summary>
    /// Cleans only when zones are about to run out: the longer a zone is left alone, the more of it dies by itself, and what is copied too early is copied
    /// for nothing.
    /// </summary>
    private async ValueTask<bool> CleanIfNeededAsync(DeviceZones zones)
    {
        bool isNeeded, isUrgent;
        lock (_state.Gate)
        {
            var spare = zones.FreeCount - zones.KeepFree(ZonePurpose.User);
            isNeeded = spare < Math.Max(SpareZonesMin, (int)((zones.Count - zones.KeepFree(ZonePurpose.User)) * _state.Options.CleanBelowFreeFraction));
            isUrgent = spare <= 1 || _state.CleaningWaiters > 0;
        }
        var reset = await _state.Reclaimer.ResetDeadAsync(zones);
        if (!isNeeded || reset > 0) return reset > 0;
        _state.SetCleaningExhausted(zones, false);
        if (await _cleaner.CleanOneAsync(zones, isUrgent ? CleaningPace.Boosted : CleaningPace.Normal, PaceCleaningAsync)) return true;
        _state.SetCleaningExhausted(zones, true);
        return false;
    }

    private bool TakeRequest(out ulong inode, out MoveDecision decision)
    {
        lock (_state.Gate)
        {
            while (_state.MoveRequests.TryTake(out inode))
            {
                if (!_state.Items.TryGetInode(inode, out var record)) continue;
                decision = Planner.Decide(inode, record);
                // Warming is done once: the cleaner may drop the copy as soon as it is there, and making it again and again would wear out the tier.
                if (decision.Action is not (MoveAction.Relocate or MoveAction.Wait)) _state.MoveRequests.Cool(inode);
                if (decision.Action is MoveAction.Promote or MoveAction.Relocate) return true;
                if (decision.Action == MoveAction.Wait) _state.MoveRequests.Defer(inode);
            }
            decision = default;
            return false;
        }
    }

    private async ValueTask MoveFileAsync(ulong inode, MoveDecision decision)
    {
        using var doing = _state.Activities.Enter(decision.Action == MoveAction.Promote ? Activity.Promotion : Activity.Relocation);
        var total = 0L;
        for (ulong from = 0; ; from += ChunkBlocks)
        {
            var (pieces, next) = PinPieces(inode, decision, from);
            if (pieces is null) break;
            var (bytes, isFull) = await CopyPinnedAsync(pieces, decision.Device);
            total += bytes;
            if (isFull) break;
            from = next;
        }
        lock (_state.Gate)
        {
            // Looked at once more after a move: it may have been asked for again, or be complete only now.
            if (total > 0) _state.MoveRequests.Consider(inode);
        }
        Count(decision, total);
        if (total > 0) StateLog.Moved(_state.Log, inode, total, _state.Zones[decision.Device].Tier, decision.Why);
    }

    private void Count(MoveDecision decision, long bytes)
    {
        if (decision.Action == MoveAction.Promote) _state.Counters.PromotedBytes += bytes;
        else if (decision.Device > 0) _state.Counters.DemotedBytes += bytes;
        else _state.Counters.PromotedBytes += bytes;
    }

    /// <summary>The pieces of the next chunk that has any, their zones pinned against reset; null at the end of the file or of the room.</summary>
    private (List<MovePiece>? Pieces, ulong Chunk) PinPieces(ulong inode, MoveDecision decision, ulong from)
    {
        lock (_state.Gate)
        {
            if (!_state.Items.TryGetInode(inode, out var record)) return (null, from);
            var end = (record.Size + DeviceZones.BlockSize - 1) / DeviceZones.BlockSize;
            if (decision.Device == 0 && !Planner.HasRoom(0)) return (null, from);
            if (decision.Action == MoveAction.Promote && Planner.PromotedRoom() <= 0) return (null, from);
            for (; from < end; from += ChunkBlocks)
            {
                var pieces = Planner.Pieces(inode, decision, from, from + ChunkBlocks);
                if (pieces.Count == 0) continue;
                foreach (var piece in pieces) _state.Zones[piece.Source.At.Device][piece.Source.At.Zone].Pins++;
                return (pieces, from);
            }
            return (null, from);
        }
    }

    private async ValueTask<(long Bytes, bool IsFull)> CopyPinnedAsync(List<MovePiece> pieces, int device)
    {
        try
        {
            return await _copier.CopyAsync(pieces, device, WriteCause.Moving, PaceMovingAsync);
        }
        finally
        {
            foreach (var piece in pieces) _state.Unpin(piece.Source.At);
        }
    }

    private async ValueTask<bool> PromoteHotAsync()
    {
        if (_state.Zones.Length < 2) return false;
        var worked = false;
        int count;
        lock (_state.Gate)
        {
            if (_state.Now - _lastHeatRound < _state.Options.MoveInterval.Ticks * 100) return false;
            _lastHeatRound = _state.Now;
            count = _state.Heat.TopChunks(_state.Now, _hot);
        }
        for (var i = 0; i < count; i++)
        {
            var hot = _hot[i];
            var decision = new MoveDecision(MoveAction.Promote, 0, "it is read again and again");
            List<MovePiece>? pieces;
            lock (_state.Gate)
            {
                if (!Planner.HasRoom(0) || !IsWorthIt(hot)) continue;
                (pieces, var chunk) = PinPieces(hot.Inode, decision, (ulong)hot.Chunk * ChunkBlocks);
                if (pieces is not null && chunk != (ulong)hot.Chunk * ChunkBlocks)
                {
                    foreach (var piece in pieces) _state.Zones[piece.Source.At.Device][piece.Source.At.Zone].Pins--;
                    pieces = null;
                }
            }
            if (pieces is null) continue;
            using var doing = _state.Activities.Enter(Activity.Promotion);
            var (bytes, _) = await CopyPinnedAsync(pieces, 0);
            Count(decision, bytes);
            lock (_state.Gate) _history.Promoted(hot.Inode, hot.Chunk, _state.Now);
            worked |= bytes > 0;
        }
        return worked;
    }

    private bool IsWorthIt(HotChunk hot)
    {
        if (!_state.Items.TryGetInode(hot.Inode, out var record) || record.Pin > 0 || !FileMode.IsRegular(record.Mode)) return false;
        return PromotionPolicy.Decide(new PromotionInput
        {
            Heat = hot.Heat, ChunkBytes = ChunkBytes, FastFreeFraction = (double)_state.Zones[0].FreeCount / _state.Zones[0].Count,
            ResidenceNanoseconds = _history.Residence(hot.Inode, hot.Chunk, _state.Now), PingPongs = _history.PingPongs(hot.Inode, hot.Chunk),
            BackOffNanoseconds = _history.BackOff(hot.Inode, hot.Chunk, _state.Now),
        }) == PromotionDecision.Promote;
    }

    /// <summary>Cleaning keeps to the rate only while nobody waits for what it frees.</summary>
    private ValueTask PaceCleaningAsync(int bytes) => _state.CleaningWaiters > 0 || _state.Options.MoveBytesPerSecond == 0
        ? ValueTask.CompletedTask
        : PaceMovingAsync(bytes);

    /// <summary>Waits while programs are asking for bytes, but not for ever, and until the rate allows.</summary>
    private async ValueTask PaceMovingAsync(int bytes)
    {
        var quiet = _state.Options.MoveQuietTime;
        for (var yields = 0;
             yields < YieldsMax && quiet > TimeSpan.Zero && _state.Time.GetElapsedTime(_state.LastForeground) < quiet && _state.CleaningWaiters == 0;
             yields++)
            await Task.Delay(quiet, _state.Time);
        while (!_bucket.TryTake(bytes, _state.Now) && _state.CleaningWaiters == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(5), _state.Time);
    }

    public void Dispose() => _copier.Dispose();
}
