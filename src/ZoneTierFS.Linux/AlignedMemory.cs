using System.Buffers;
using System.Runtime.InteropServices;

namespace ZoneTierFS.Linux;

/// <summary>
/// Page-aligned native memory seen as <see cref="Memory{T}"/>: O_DIRECT needs the alignment, and the garbage collector never sees the bytes.
/// The owner disposes it; spans taken before then must not be used after.
/// </summary>
public sealed unsafe class AlignedMemory : MemoryManager<byte>
{
    public const int Alignment = 4096;

    private byte* _pointer;

    /// <param name="length">Bytes, 1 or more.</param>
    public AlignedMemory(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        _pointer = (byte*)NativeMemory.AlignedAlloc((nuint)length, Alignment);
        Length = length;
    }

    public int Length { get; }

    public byte* Pointer => _pointer;

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_pointer is null, this);
        return new Span<byte>(_pointer, Length);
    }

    public override MemoryHandle Pin(int elementIndex = 0) => new(_pointer + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
