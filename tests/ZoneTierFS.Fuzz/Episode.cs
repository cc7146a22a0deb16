using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuzz;

/// <summary>One seed's requests against one fresh target, each reply judged, and in the end the target itself.</summary>
internal sealed class Episode
{
    /// <summary>More managed memory for one request means that a number in it was believed.</summary>
    private const long AllocatedBytesMax = 4 << 20;

    private const int ReplyHeaderBytes = 16;
    private const ulong PieceBytes = 1 << 20;

    private readonly FuzzTarget _target;
    private readonly KnownIds _known;
    private readonly RequestForge _forge;
    private readonly byte[] _written = new byte[RequestForge.BytesMax];
    private long _begun;

    public Episode(FuzzTarget target, int seed)
    {
        _target = target;
        var random = new Random(seed);
        _known = new KnownIds(random);
        _forge = new RequestForge(random, _known);
    }

    /// <summary>Requests sent so far.</summary>
    public int Sent { get; private set; }

    /// <summary>Requests that were served without an error, by opcode.</summary>
    public int[] ServedBy { get; } = new int[RequestForge.OpcodeMax];

    /// <summary>The request under way, or the last one.</summary>
    public ReadOnlySpan<byte> LastRequest => _forge.Current;

    /// <summary>When the request under way was sent, as a timestamp of the system's clock; 0 between requests.</summary>
    public long Begun => Volatile.Read(ref _begun);

    /// <exception cref="FuzzFailure">Something happened that must not.</exception>
    public async Task RunAsync(int requests)
    {
        while (Sent < requests)
            SendNext();
        // What is still open would keep deleted files alive, and the target is judged with nothing under way.
        foreach (var open in _known.Open.ToArray())
            Send(_forge.Release(open));
        foreach (var inode in _known.Immutable.ToArray())
            Send(_forge.Unprotect(inode));
        if (_known.Immutable.Count > 0)
            throw new FuzzFailure($"inode {_known.Immutable[0]} cannot be made mutable again");
        await _target.FinishAsync();
    }

    private void SendNext()
    {
        var request = _forge.Next();
        var reply = Send(request);
        // WRITE and both kinds of copies answer with as many bytes, which say how much was done.
        if (!_target.KeepsBytes || reply.Length != ReplyHeaderBytes + Unsafe.SizeOf<FuseWriteOut>())
            return;
        var header = MemoryMarshal.Read<FuseInHeader>(request);
        var done = BinaryPrimitives.ReadInt64LittleEndian(reply[ReplyHeaderBytes..]);
        if (header.Opcode == FuseOpcode.Write)
            ReadBack(header, (int)done);
        else if (header.Opcode is FuseOpcode.CopyFileRange or FuseOpcode.CopyFileRange64)
            Compare(header.Inode, done);
    }

    private ReadOnlySpan<byte> Send(ReadOnlySpan<byte> request)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        Volatile.Write(ref _begun, TimeProvider.System.GetTimestamp());
        var reply = _target.Dispatch(request);
        Volatile.Write(ref _begun, 0);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Sent++;
        if (_target.Bug is { } bug)
            throw new FuzzFailure($"it threw: {bug}", bug);
        if (ReplyRules.Violation(request, reply) is { } violation)
            throw new FuzzFailure(violation);
        if (allocated > AllocatedBytesMax)
            throw new FuzzFailure($"it took {allocated} bytes of memory");
        if (!reply.IsEmpty && BinaryPrimitives.ReadInt32LittleEndian(reply[4..]) == 0)
            ServedBy[BinaryPrimitives.ReadInt32LittleEndian(request[4..])]++;
        _known.Learn(request, reply);
        return reply;
    }

    private void ReadBack(in FuseInHeader header, int written)
    {
        var write = MemoryMarshal.Read<FuseWriteIn>(LastRequest[40..]) with { Size = (uint)written };
        var expected = _written.AsSpan(0, written);
        LastRequest.Slice(80, written).CopyTo(expected);
        if (!Read(header.Inode, write.Handle, write.Offset, write.Size).SequenceEqual(expected))
            throw new FuzzFailure("bytes that were just written read otherwise");
    }

    /// <summary>What was copied must be at both places: ranges that overlap are refused.</summary>
    private void Compare(ulong inode, long copied)
    {
        var copy = MemoryMarshal.Read<FuseCopyFileRangeIn>(LastRequest[40..]);
        if (copied < 0 || (ulong)copied > copy.Length)
            throw new FuzzFailure($"{copied} bytes were copied of {copy.Length}");
        for (var done = 0ul; done < (ulong)copied; done += PieceBytes)
        {
            var count = (uint)Math.Min(PieceBytes, (ulong)copied - done);
            var source = _written.AsSpan(0, (int)count);
            Read(inode, copy.SourceHandle, copy.SourceOffset + done, count).CopyTo(source);
            if (!Read(copy.TargetInode, copy.TargetHandle, copy.TargetOffset + done, count).SequenceEqual(source))
                throw new FuzzFailure($"a copy differs from its source between {done} and {done + count}");
        }
    }

    /// <summary>Exactly the bytes that must be there.</summary>
    private ReadOnlySpan<byte> Read(ulong inode, ulong handle, ulong offset, uint size)
    {
        var reply = Send(_forge.Read(inode, handle, offset, size));
        var error = (Errno)(-BinaryPrimitives.ReadInt32LittleEndian(reply[4..]));
        if (error != Errno.Ok)
            throw new FuzzFailure($"bytes that were just written cannot be read: {error}");
        var bytes = reply[ReplyHeaderBytes..];
        return bytes.Length == size ? bytes : throw new FuzzFailure($"of {size} bytes that were just written {bytes.Length} can be read");
    }
}
