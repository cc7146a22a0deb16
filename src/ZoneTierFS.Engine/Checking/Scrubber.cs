using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Moving;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Scheduling;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Checking;

/// <summary>
/// Reads all that files need, zone by zone in the order of the medium, within a rate and behind the foreground, so that damage is found while there is a copy
/// to heal it from. One pass at a time; a mount goes on with the pass that an earlier one left.
/// </summary>
internal sealed class Scrubber : IDisposable
{
    private const long Second = 1_000_000_000;

    /// <summary>How often a pass that is under way is noted, so that a crash does not cost more of it.</summary>
    private const long NoteInterval = 10 * Second;

    /// <summary>How often a read gives way to the foreground before it takes its guaranteed share.</summary>
    private const int YieldsMax = 10;

    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly VolumeState _state;
    private readonly ScrubZone _zone;
    private readonly TokenBucket _bucket;
    private readonly AsyncSignal _wanted = new();
    private ScrubProgress _progress;
    private readonly long _openedAt;
    private long _bytesTotal;
    private long _lastNote;
    private ScrubMetadata _metadata;
    private bool _isAsked;
    private bool _isStopped;

    public Scrubber(VolumeState state, Cleaner cleaner)
    {
        _state = state;
        _zone = new ScrubZone(state, cleaner, PaceAsync);
        _bucket = new TokenBucket(state.Options.ScrubBytesPerSecond, Math.Max(4 << 20, state.Options.ScrubBytesPerSecond / 4), state.Now);
        lock (state.Gate) _progress = ScrubProgress.Load(state);
        // The zone that the pass came to is read once more from its beginning.
        if (_progress.Device >= 0) _progress = _progress with { Zone = _progress.Zone - 1 };
        _openedAt = state.Now;
        _bytesTotal = BytesTotal();
    }

    /// <summary>Begins a pass, or goes on with the one that was stopped.</summary>
    public void Start()
    {
        lock (_state.Gate) (_isAsked, _isStopped) = (true, false);
        _wanted.Set();
    }

    /// <summary>Ends the pass where it is; starting goes on from there.</summary>
    public void Stop()
    {
        lock (_state.Gate) (_isAsked, _isStopped) = (false, true);
        _wanted.Set();
    }

    /// <summary>Under the state lock.</summary>
    public ScrubStatus Describe()
    {
        var isRunning = _progress.Device >= 0 && !_isStopped;
        return new ScrubStatus
        {
            Running = isRunning || _isAsked,
            Progress = isRunning ? Math.Clamp((double)_progress.Bytes / Math.Max(1, _bytesTotal), 0, 1) : _isAsked ? 0 : 1,
            Started = _progress.Device < 0 && _progress.Finished == 0 ? null : At(_progress.Started),
            Finished = _progress.Finished == 0 ? null : At(_progress.Finished),
            BytesRead = _progress.Bytes,
            LostBlocks = _zone.Lost,
            LostFiles = _zone.LostFiles,
            HealedBlocks = _zone.Healed,
            HealedMetadata = _metadata.Healed,
            LostMetadata = _metadata.Lost,
        };

        static DateTimeOffset At(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
    }

    public async Task RunAsync(CancellationToken ct)
    {
        await using var stopping = ct.UnsafeRegister(static scrubber => ((Scrubber)scrubber!)._isStopped = true, this); // an unmount waits for no rate
        while (!ct.IsCancellationRequested)
        {
            var seen = _wanted.Version;
            if (_state.Failure is null && await TryStepAsync()) continue;
            await _wanted.WaitAsync(seen, Wait(), _state.Time, ct);
            NoteFirst();
        }
        lock (_state.Gate)
            if (_progress.Device >= 0 && _state.Failure is null) _progress.Store(_state);
    }

    private TimeSpan Wait()
    {
        var interval = _state.Options.ScrubInterval;
        return interval > TimeSpan.Zero && interval < LongestWait ? interval : LongestWait;
    }

    /// <summary>A volume that was never scrubbed counts from its first mount that lasted a while: short ones must not put it off for ever.</summary>
    private void NoteFirst()
    {
        lock (_state.Gate)
        {
            if (_progress != ScrubProgress.None || _state.Now - _openedAt < LongestWait.Ticks * 100 || _state.Failure is not null) return;
            _progress = _progress with { Started = _openedAt };
            _progress.Store(_state);
        }
    }

    private async ValueTask<bool> TryStepAsync()
    {
        try
        {
            return await StepAsync();
        }
        catch (DeviceException failure)
        {
            StateLog.OperationFailed(_state.Log, "Scrub", failure.Message);
            lock (_state.Gate) _isStopped = true;
            return false;
        }
    }

    /// <summary>Reads one piece; false when nothing is due.</summary>
    internal async ValueTask<bool> StepAsync()
    {
        if (!IsDue()) return false;
        if (_progress.Device < 0 && !await TryBeginAsync()) return false;
        var bytes = _progress.Device < 0 ? 0 : await _zone.StepAsync(); // an empty volume's pass ends as it begins
        lock (_state.Gate)
        {
            _progress = _progress with { Bytes = _progress.Bytes + bytes };
            if (_zone.IsDone && _progress.Device >= 0) Next();
            if (_progress.Device < 0 || _state.Now - _lastNote > NoteInterval)
            {
                _lastNote = _state.Now;
                _progress.Store(_state);
            }
        }
        if (_progress.Device < 0) StateLog.ScrubEnded(_state.Log, _progress.Bytes, _zone.Lost, _zone.LostFiles, _zone.Healed);
        return true;
    }

    private bool IsDue()
    {
        lock (_state.Gate)
        {
            if (_isStopped) return false;
            if (_isAsked || _progress.Device >= 0) return true;
            var interval = _state.Options.ScrubInterval.Ticks * 100;
            return interval > 0 && _state.Now - (_progress == ScrubProgress.None ? _openedAt : Math.Max(_progress.Finished, _progress.Started)) >= interval;
        }
    }

    /// <summary>False where it was stopped before it came to the first zone: the next one begins anew.</summary>
    private async ValueTask<bool> TryBeginAsync()
    {
        foreach (var zones in _state.Zones) await _state.Watch.ExamineAsync(zones);
        _metadata = await new MetadataScrub(_state, PaceAsync, () => _isStopped).RunAsync();
        lock (_state.Gate)
        {
            if (_isStopped) return false;
            _isAsked = false;
            _bytesTotal = BytesTotal();
            _zone.Restart();
            _progress = new ScrubProgress(0, DeviceZones.SuperblockZones - 1, _state.Now, _progress.Finished, Bytes: 0);
            Next();
        }
        StateLog.ScrubBegan(_state.Log, _bytesTotal);
        return true;
    }

    /// <summary>Goes to the next zone that holds anything, or ends the pass.</summary>
    private void Next()
    {
        var zone = _progress.Zone + 1;
        for (var device = _progress.Device; device < _state.Zones.Length; device++, zone = DeviceZones.SuperblockZones)
        {
            var zones = _state.Zones[device];
            for (; zone < zones.Count; zone++)
            {
                if (!zones.CanRead(zone) || zones[zone].Live == 0 || zones[zone].Use == ZoneUse.Metadata) continue;
                _progress = _progress with { Device = device, Zone = zone };
                _zone.Enter(zones, zone);
                return;
            }
        }
        _progress = _progress with { Device = -1, Zone = 0, Finished = _state.Now };
    }

    private long BytesTotal()
    {
        lock (_state.Gate)
            return _state.Zones.Where(zones => !zones.IsLost)
                .Sum(zones => zones.LiveBlocks - zones.MetadataBlocks - zones.UnreachableBlocks) * DeviceZones.BlockSize;
    }

    /// <summary>Waits while programs are asking for bytes, but not for ever, and until the rate allows.</summary>
    private async ValueTask PaceAsync(int bytes)
    {
        var quiet = _state.Options.MoveQuietTime;
        for (var yields = 0; yields < YieldsMax && quiet > TimeSpan.Zero && _state.Time.GetElapsedTime(_state.LastForeground) < quiet; yields++)
            await Task.Delay(quiet, _state.Time);
        while (!_bucket.TryTake(bytes, _state.Now) && !_isStopped)
            await Task.Delay(TimeSpan.FromMilliseconds(5), _state.Time);
    }

    public void Dispose() => _zone.Dispose();
}
