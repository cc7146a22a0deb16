using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Moving;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Checking;

/// <summary>
/// Scrubs one zone: reads what is live in it in the order in which it lies there, heals what has a second copy, and notes what is lost. A zone in which the
/// device fails to read is left to the mover, to be evacuated.
/// </summary>
internal sealed class ScrubZone(VolumeState state, Cleaner cleaner, Func<int, ValueTask> pace) : IDisposable
{
    private const int PieceBytes = 1 << 20;
    private const uint PieceBlocks = PieceBytes / DeviceZones.BlockSize;

    private readonly AlignedMemory _memory = new(PieceBytes);
    private readonly Copier _copier = new(state);
    private readonly HashSet<ulong> _lostFiles = [];
    private readonly List<MovePiece> _pieces = [];
    private DeviceZones? _zones;
    private int _zone;
    private int _next;

    public bool IsDone => _zones is null;
    public long Lost { get; private set; }
    public int LostFiles => _lostFiles.Count;
    public long Healed { get; private set; }

    /// <summary>A new pass counts anew.</summary>
    public void Restart()
    {
        (Lost, Healed) = (0, 0);
        _lostFiles.Clear();
    }

    /// <summary>What comes next.</summary>
    public void Enter(DeviceZones zones, int zone) => (_zones, _zone, _next) = (zones, zone, -1);

    /// <summary>Reads up to 1 MiB of the zone; returns how many bytes. <see cref="IsDone"/> afterwards tells whether that was the last.</summary>
    public async ValueTask<long> StepAsync()
    {
        if (_zones is not { } zones) return 0;
        if (_next < 0)
        {
            await ListAsync(zones);
            _next = 0;
        }
        var run = TakeRun(zones);
        if (run.Count == 0)
        {
            _zones = null;
            return 0;
        }
        var bytes = (int)run.Sum(piece => piece.Source.Count) * DeviceZones.BlockSize;
        try
        {
            if (await state.Reader.TryReadAsync(run[0].Source.At, _memory.Memory[..bytes]) is not null)
                foreach (var piece in run) await ExamineAsync(zones, piece);
        }
        finally
        {
            state.Unpin(run[0].Source.At);
        }
        await pace(bytes);
        return bytes;
    }

    /// <summary>What is live in the zone, by its reverse map; by a search through all files where that does not tell of everything.</summary>
    private async ValueTask ListAsync(DeviceZones zones)
    {
        _pieces.Clear();
        lock (state.Gate) zones[_zone].Pins++; // its footer is read: it must not be reset under that
        try
        {
            _pieces.AddRange(await cleaner.ListAsync(zones, _zone));
        }
        finally
        {
            state.Unpin(new Location(zones.Index, _zone, 0));
        }
        _pieces.Sort((a, b) => a.Source.At.Block.CompareTo(b.Source.At.Block));
    }

    /// <summary>The next pieces that lie one behind the other and are still live, their zone pinned; none at the end.</summary>
    private List<MovePiece> TakeRun(DeviceZones zones)
    {
        var (run, blocks) = (new List<MovePiece>(), 0u);
        lock (state.Gate)
        {
            while (_next < _pieces.Count && blocks < PieceBlocks)
            {
                var piece = _pieces[_next];
                if (!IsLive(piece))
                {
                    _next++;
                    continue;
                }
                if (run.Count > 0 && run[^1].Source.At.Plus(run[^1].Source.Count) != piece.Source.At) break;
                var count = Math.Min(piece.Source.Count, PieceBlocks - blocks);
                run.Add(piece with { Source = piece.Source with { Count = count } });
                blocks += count;
                if (count == piece.Source.Count) _next++;
                else _pieces[_next] = piece with { Source = piece.Source.Slice(piece.Source.FileBlock + count, piece.Source.End) };
            }
            if (run.Count > 0) zones[_zone].Pins++;
        }
        return run;
    }

    private bool IsLive(MovePiece piece) =>
        state.Extents.TryFind(piece.From, piece.Inode, piece.Source.FileBlock, out var now)
        && now.Slice(piece.Source.FileBlock, piece.Source.FileBlock + 1).At == piece.Source.At;

    /// <summary>Something in the run is wrong: block by block, what and what of it can be healed.</summary>
    private async ValueTask ExamineAsync(DeviceZones zones, MovePiece piece)
    {
        for (var block = piece.Source.FileBlock; block < piece.Source.End && zones.CanRead(_zone); block++)
        {
            var part = piece with { Source = piece.Source.Slice(block, block + 1) };
            if (await state.Reader.TryReadAsync(part.Source.At, _memory.Memory[..DeviceZones.BlockSize]) is not { } problem) continue;
            if (!await CanReadAnythingAsync(part.Source.At))
                lock (state.Gate) zones.MarkFailing(_zone);
            if (await HealAsync(zones, part)) Healed++;
            else if (part.From == ItemKind.Extent) NoteLost(part, problem);
        }
    }

    /// <summary>Whether the device gives any bytes at all: then the medium may be sound, and only what was written to it is not.</summary>
    private async ValueTask<bool> CanReadAnythingAsync(Location at)
    {
        try
        {
            var from = new ZoneAddress(new ZoneId(at.Zone), (long)at.Block * DeviceZones.BlockSize);
            await state.Zones[at.Device].Device.ReadAsync(from, _memory.Memory[..DeviceZones.BlockSize], CancellationToken.None);
            return true;
        }
        catch (DeviceException)
        {
            return false;
        }
    }

    /// <summary>Drops a damaged copy, or writes a damaged original anew from its copy: where it is, or else wherever there is room.</summary>
    private async ValueTask<bool> HealAsync(DeviceZones zones, MovePiece part)
    {
        if (part.From == ItemKind.Promoted)
        {
            state.Reader.DropCopy(part.Inode, part.Source);
            lock (state.Gate) return !IsLive(part);
        }
        lock (state.Gate)
            if (!state.Extents.TryFind(ItemKind.Promoted, part.Inode, part.Source.FileBlock, out _)) return false;
        for (var i = 0; i < state.Zones.Length; i++)
            if ((await _copier.CopyAsync([part], (zones.Index + i) % state.Zones.Length, WriteCause.Moving, pace)).Bytes > 0) return true;
        return false;
    }

    private void NoteLost(MovePiece part, string problem)
    {
        lock (state.Gate)
            if (!IsLive(part)) return;
        Lost++;
        _lostFiles.Add(part.Inode);
        state.Damage.Note(part.Inode, part.Source, problem);
    }

    public void Dispose()
    {
        ((IDisposable)_memory).Dispose();
        _copier.Dispose();
    }
}
