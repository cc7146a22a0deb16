using System.Runtime.InteropServices;
using Xunit;
using ZoneTierFS.Linux;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>Asynchronous I/O as programs do it without the C library's help: some requests are always under way, and end in any order.</summary>
internal abstract unsafe partial class AsyncIo(int depth) : IDisposable
{
    protected int Depth { get; } = depth;

    /// <summary>Moves a whole buffer in blocks; each must be moved whole.</summary>
    public void Transfer(PosixFile file, AlignedMemory memory, int blockBytes, bool write)
    {
        var (offset, underWay) = (0, 0);
        while (offset < memory.Length || underWay > 0)
        {
            for (; offset < memory.Length && underWay < Depth; underWay++)
            {
                var count = Math.Min(blockBytes, memory.Length - offset);
                Submit(file, write, offset, memory.Pointer + offset, count);
                offset += count;
            }
            underWay -= Reap();
        }
    }

    public abstract void Dispose();

    /// <summary>Starts a request that <see cref="Ended"/> is to be told of with its length.</summary>
    protected abstract void Submit(PosixFile file, bool write, long offset, byte* memory, int count);

    /// <summary>Waits for at least one request to end.</summary>
    /// <returns>How many have.</returns>
    protected abstract int Reap();

    /// <param name="count">What was asked for, bytes.</param>
    /// <param name="result">Bytes moved, or the negative errno.</param>
    protected static void Ended(ulong count, long result) => Assert.Equal((long)count, result);

    protected static long Call(nint number, nint first = 0, nint second = 0, nint third = 0, nint fourth = 0, nint fifth = 0) =>
        PosixFile.Check((long)syscall(number, first, second, third, fourth, fifth, 0));

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth);
}
