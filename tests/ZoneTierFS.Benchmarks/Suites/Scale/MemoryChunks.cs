using System.Collections.Concurrent;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>
/// Memory for media, in chunks that were written before and that this process keeps. A virtual machine may give free memory back to its host, and then pays for
/// the first write to each page five times as much as later: without this, that would be measured as the engine's.
/// </summary>
internal static unsafe class MemoryChunks
{
    public const int Size = 256 << 10;

    private const int PieceBytes = 64 << 20;

    private static readonly ConcurrentBag<nint> s_spare = [];

    /// <summary>Has so many bytes ready.</summary>
    public static void Prepare(long bytes)
    {
        for (long ready = (long)s_spare.Count * Size; ready < bytes; ready += PieceBytes) AddPiece();
    }

    /// <summary>A chunk of zeros.</summary>
    public static nint Take()
    {
        nint chunk;
        while (!s_spare.TryTake(out chunk)) AddPiece();
        return chunk;
    }

    public static void Return(nint chunk)
    {
        new Span<byte>((void*)chunk, Size).Clear();
        s_spare.Add(chunk);
    }

    private static void AddPiece()
    {
        AlignedMemory piece = new(PieceBytes); // for as long as the process lives
        piece.GetSpan().Clear();
        for (int at = 0; at < PieceBytes; at += Size) s_spare.Add((nint)piece.Pointer + at);
    }
}
