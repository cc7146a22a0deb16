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

    /// <summary>
    /// From this length on, in large pages where the kernel has some: a device reads or writes a long run of memory in a few pieces, and a megabyte in single
    /// pages in hundreds. On a virtio disk that made reads of 1 MiB three times as fast (1.15 and 3.25 GB/s).
    /// </summary>
    private const int LargeLength = 1 << 20;
    private const int LargePage = 2 << 20;

    private byte* _pointer;

    /// <param name="length">Bytes, 1 or more.</param>
    public AlignedMemory(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var isLarge = length >= LargeLength;
        // Whole large pages, or the last of them would not be one.
        var bytes = isLarge ? (nuint)(((long)length + LargePage - 1) / LargePage * LargePage) : (nuint)length;
        _pointer = (byte*)NativeMemory.AlignedAlloc(bytes, (nuint)(isLarge ? LargePage : Alignment));
        Length = length;
        // Advice only: a kernel without large pages is right to refuse it.
        if (isLarge)
            _ = LibC.madvise((nint)_pointer, bytes, LibC.MADV_HUGEPAGE);
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
