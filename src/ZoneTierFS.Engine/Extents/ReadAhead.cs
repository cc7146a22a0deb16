using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// Reads ahead of programs that go through a file piece by piece, past the page cache or with too little read-ahead of the kernel: several large device
/// reads are then under way, and requests are answered from memory. Pieces are known by where they lie in the zones, not by file: bytes in a zone never
/// change until it is reset, so writing, moving and truncating need not tell anybody. Verified like every read; a piece that fails is dropped, and the
/// reader finds out by itself.
/// </summary>
internal sealed class ReadAhead(VolumeState state) : IDisposable
{
    public const int PieceBytes = 1 << 20;
    private const uint PieceBlocks = PieceBytes / DeviceZones.BlockSize;
    private const uint WindowBlocks = 4 * PieceBlocks;
    private const int Threads = 2;

    /// <summary>Below the state lock; threads wait on it, which <see cref="Lock"/> cannot do.</summary>
    private readonly object _gate = new();
    private readonly AheadPiece[] _pieces = [.. Enumerable.Range(0, (int)(state.Options.ReadAheadBytesMax / PieceBytes)).Select(_ => new AheadPiece())];
    private readonly Queue<AheadPiece> _queue = new();
    private readonly List<Thread> _threads = [];
    private AlignedMemory? _memory;
    private long _stamp;
    private int _inUse;
    private bool _stopped;

    /// <summary>Keeps the window in front of a reader under way.</summary>
    /// <param name="from">The first block behind what the reader asks for now.</param>
    public void Extend(ReadStream stream, Inode inode, ulong from)
    {
        if (_pieces.Length == 0) return;
        lock (state.Gate)
        {
            lock (_gate)
            {
                var end = Math.Min(from + WindowBlocks, (inode.Size + DeviceZones.BlockSize - 1) / DeviceZones.BlockSize);
                if (stream.AheadBlock < from || stream.AheadBlock > from + WindowBlocks) Restart(stream, from);
                while (!_stopped && stream.AheadBlock < end)
                {
                    var count = Math.Min(PieceBlocks, (uint)(end - stream.AheadBlock));
                    var mapped = state.Extents.TryResolve(inode.Number, stream.AheadBlock, count, authoritative: false, out var run);
                    if (mapped && !TryQueue(stream, run)) break;
                    stream.AheadBlock += run.Count;
                }
            }
        }
    }

    /// <summary>The reader went elsewhere: what was read for it will not be fetched.</summary>
    private void Restart(ReadStream stream, ulong from)
    {
        stream.AheadBlock = from;
        foreach (var piece in _pieces)
        {
            if (piece.Stream != stream) continue;
            if (piece.State == AheadState.Ready && piece.Users == 0) Free(piece);
            else if (piece.State is AheadState.Queued or AheadState.Filling) piece.IsForgotten = true;
        }
    }

    private bool TryQueue(ReadStream stream, Extent run)
    {
        if (Rent(stream) is not { } piece) return false;
        piece.Stream = stream;
        piece.At = run.At;
        piece.Count = run.Count;
        piece.IsForgotten = false;
        piece.State = AheadState.Queued;
        piece.Stamp = ++_stamp;
        _inUse++;
        state.Zones[run.At.Device][run.At.Zone].Pins++;
        _queue.Enqueue(piece);
        if (_threads.Count < Threads) StartThread();
        Monitor.PulseAll(_gate);
        return true;
    }

    /// <summary>A free piece, or the oldest that nobody fetched and that is not the reader's own.</summary>
    private AheadPiece? Rent(ReadStream stream)
    {
        AheadPiece? oldest = null;
        foreach (var piece in _pieces)
        {
            if (piece.State == AheadState.Free) return piece;
            if (piece.State != AheadState.Ready || piece.Users > 0 || piece.Stream == stream) continue;
            if (oldest is null || piece.Stamp < oldest.Stamp) oldest = piece;
        }
        if (oldest is not null) Free(oldest);
        return oldest;
    }

    /// <summary>Copies what was read ahead from a place on. Returns how many blocks; 0: the caller reads itself. The caller has pinned the zone.</summary>
    public int Serve(Location at, Span<byte> into)
    {
        if (Volatile.Read(ref _inUse) == 0) return 0;
        AheadPiece piece;
        lock (_gate)
        {
            if (Find(at) is not { } found) return 0;
            piece = found;
            // The device gets to it no sooner than the caller would.
            if (piece.State == AheadState.Queued) piece.IsForgotten = true;
            var stamp = piece.Stamp;
            while (piece.State == AheadState.Filling && piece.Stamp == stamp) Monitor.Wait(_gate);
            if (piece.State != AheadState.Ready || piece.Stamp != stamp) return 0;
            piece.Users++;
        }
        var skip = (int)(at.Block - piece.At.Block);
        var count = Math.Min((int)piece.Count - skip, into.Length / DeviceZones.BlockSize);
        piece.Memory.Span.Slice(skip * DeviceZones.BlockSize, count * DeviceZones.BlockSize).CopyTo(into);
        lock (_gate)
        {
            piece.Users--;
            if (piece.Users == 0 && skip + count == piece.Count) Free(piece);
        }
        return count;
    }

    private AheadPiece? Find(Location at)
    {
        foreach (var piece in _pieces)
            if (piece.State != AheadState.Free && !piece.IsForgotten && piece.Holds(at)) return piece;
        return null;
    }

    /// <summary>A zone is being reset: what was read from it must not answer for what will be written there. Under the state lock.</summary>
    public void Forget(int device, int zone)
    {
        if (Volatile.Read(ref _inUse) == 0) return;
        lock (_gate)
        {
            foreach (var piece in _pieces)
            {
                if (piece.State == AheadState.Free || piece.At.Device != device || piece.At.Zone != zone) continue;
                Invariant.Holds(piece.Users == 0, "a zone is reset only when nobody reads from it");
                if (piece.State == AheadState.Ready) Free(piece);
                else piece.IsForgotten = true;
            }
        }
    }

    private void Free(AheadPiece piece)
    {
        piece.State = AheadState.Free;
        piece.Stream = null;
        _inUse--;
    }

    /// <summary>
    /// Plain threads: each waits for its device, and the pool's are for those who do not. With the first comes the memory, in one range, so that large
    /// pages hold several pieces.
    /// </summary>
    private void StartThread()
    {
        if (_memory is null)
        {
            _memory = new AlignedMemory(_pieces.Length * PieceBytes);
            for (var i = 0; i < _pieces.Length; i++) _pieces[i].Memory = _memory.Memory.Slice(i * PieceBytes, PieceBytes);
        }
        var thread = new Thread(Fill) { IsBackground = true, Name = $"ahead-{_threads.Count}" };
        _threads.Add(thread);
        thread.Start();
    }

    private void Fill()
    {
        while (TryTake() is { } piece)
        {
            var failed = piece.IsForgotten;
            if (failed) state.Unpin(piece.At);
            else failed = ReadPinned(piece) is not null;
            lock (_gate)
            {
                if (failed || piece.IsForgotten) Free(piece);
                else piece.State = AheadState.Ready;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private AheadPiece? TryTake()
    {
        lock (_gate)
        {
            AheadPiece? piece;
            while (!_queue.TryDequeue(out piece))
            {
                if (_stopped) return null;
                Monitor.Wait(_gate);
            }
            if (_stopped) piece.IsForgotten = true;
            piece.State = AheadState.Filling;
            return piece;
        }
    }

    private string? ReadPinned(AheadPiece piece)
    {
        var read = state.Reader.TryReadPinnedAsync(piece.At, piece.Memory[..((int)piece.Count * DeviceZones.BlockSize)]);
        return read.IsCompletedSuccessfully ? read.Result : read.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Ends the threads; before the devices go. Reading goes on without.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
        foreach (var thread in _threads) thread.Join();
    }

    public void Dispose()
    {
        (_memory as IDisposable)?.Dispose();
    }
}
