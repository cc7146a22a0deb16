using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>
/// One worker's memory for replies: a page-aligned payload, so that a filesystem can read from its devices straight into it, and the header just before
/// it, so that header and payload leave in one write.
/// </summary>
internal sealed class ReplyBuffer : IDisposable
{
    private const int PayloadStart = AlignedMemory.Alignment;

    private readonly AlignedMemory _memory;
    private int _length;

    /// <param name="capacity">Longest payload, bytes.</param>
    public ReplyBuffer(int capacity) => _memory = new AlignedMemory(PayloadStart + capacity);

    public Memory<byte> Payload => _memory.Memory[PayloadStart..];

    public int Capacity => _memory.Length - PayloadStart;

    public void Clear() => _length = 0;

    public void Append<T>(in T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(_memory.GetSpan()[(PayloadStart + _length)..], in value);
        _length += Unsafe.SizeOf<T>();
    }

    /// <summary>Takes the first bytes of <see cref="Payload"/>, that somebody else wrote, as the reply.</summary>
    public void SetPayloadLength(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Capacity);
        _length = length;
    }

    /// <summary>Puts the header before the payload; a reply with an error has none.</summary>
    public ReadOnlyMemory<byte> Seal(ulong unique, Errno error)
    {
        var length = Unsafe.SizeOf<FuseOutHeader>() + (error == Errno.Ok ? _length : 0);
        var start = PayloadStart - Unsafe.SizeOf<FuseOutHeader>();
        var header = new FuseOutHeader { Length = (uint)length, Error = -(int)error, Unique = unique };
        MemoryMarshal.Write(_memory.GetSpan()[start..], in header);
        return _memory.Memory.Slice(start, length);
    }

    public void Dispose() => ((IDisposable)_memory).Dispose();
}
