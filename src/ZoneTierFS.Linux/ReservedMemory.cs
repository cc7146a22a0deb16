using System.Runtime.InteropServices;

namespace ZoneTierFS.Linux;

/// <summary>
/// A range of zeroed address space that takes real memory only where it has been written, and gives it back on <see cref="Discard"/>.
/// May be far larger than the machine's memory. The owner disposes it; spans taken before then must not be used after.
/// </summary>
public sealed unsafe class ReservedMemory : IDisposable
{
    private nint _start;

    /// <param name="length">Bytes, 1 or more; a multiple of 4096.</param>
    /// <exception cref="InsufficientMemoryException">The kernel refuses so large a range.</exception>
    public ReservedMemory(long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        const int flags = LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_NORESERVE;
        _start = LibC.mmap(0, (nuint)length, LibC.PROT_READ | LibC.PROT_WRITE, flags, -1, 0);
        if (_start == LibC.MAP_FAILED)
            throw new InsufficientMemoryException($"Reserving {length} bytes of address space failed: {Marshal.GetLastPInvokeErrorMessage()}");
        Length = length;
    }

    public long Length { get; }

    public Span<byte> Slice(long offset, int length)
    {
        CheckRange(offset, length);
        return new Span<byte>((byte*)_start + offset, length);
    }

    /// <summary>Makes the range zeros again and frees its memory.</summary>
    /// <param name="offset">A multiple of 4096, as is <paramref name="length"/>.</param>
    public void Discard(long offset, long length)
    {
        CheckRange(offset, length);
        if (length > 0 && LibC.madvise(_start + (nint)offset, (nuint)length, LibC.MADV_DONTNEED) != 0)
            throw new InvalidOperationException($"madvise({offset}, {length}) failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>
    /// Asks for large pages where the system has them: fewer faults, and direct I/O finds its memory faster. Memory is then taken in larger steps.
    /// </summary>
    public void PreferLargePages()
    {
        ObjectDisposedException.ThrowIf(_start == 0, this);
        _ = LibC.madvise(_start, (nuint)Length, LibC.MADV_HUGEPAGE); // an advice only: a kernel without large pages refuses it, and nothing is wrong
    }

    public void Dispose()
    {
        if (_start != 0)
            _ = LibC.munmap(_start, (nuint)Length);
        _start = 0;
    }

    private void CheckRange(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_start == 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset, nameof(length));
    }
}
