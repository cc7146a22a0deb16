using System.Diagnostics;
using System.Security.Cryptography;
using Mono.Unix.Native;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Benchmarks.Clients;

/// <summary>The timed work of one measured process.</summary>
internal static unsafe class ClientWork
{
    private const int PieceBytes = 1 << 20;
    private const int PageBytes = 4096;
    private const int CacheLineBytes = 64;

    /// <param name="bytes">Length of the file to write; the other modes take the file as it is.</param>
    /// <param name="operations">How many reads at random places.</param>
    public static ClientResult Run(ClientMode mode, string path, long bytes, long operations)
    {
        using AlignedMemory buffer = new(PieceBytes);
        if (mode is ClientMode.SequentialWrite or ClientMode.DirectWrite)
        {
            RandomNumberGenerator.Fill(buffer.GetSpan());
            // A model's first bytes: a file system that places files by what they are shall see one.
            "GGUF"u8.CopyTo(buffer.GetSpan());
        }
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        Stopwatch watch = Stopwatch.StartNew();
        (long doneBytes, long doneOperations) = mode switch
        {
            ClientMode.SequentialRead => ReadAll(path, OpenFlags.O_RDONLY, buffer),
            ClientMode.DirectRead => ReadAll(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECT, buffer),
            ClientMode.MapRead => ReadMapped(path),
            ClientMode.RandomRead => ReadAtRandom(path, operations, buffer),
            ClientMode.SequentialWrite => WriteAll(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, bytes, buffer),
            ClientMode.DirectWrite => WriteAll(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_DIRECT, bytes, buffer),
            _ => throw new UnreachableException($"mode {mode}"),
        };
        double seconds = watch.Elapsed.TotalSeconds;
        Environment.ProcessCpuUsage cpu = Environment.CpuUsage;
        return new(doneBytes, doneOperations, seconds, (cpu.TotalTime - cpuBefore).TotalSeconds, cpu.UserTime.TotalSeconds);
    }

    private static (long Bytes, long Operations) ReadAll(string path, OpenFlags flags, AlignedMemory buffer)
    {
        using PosixFile file = new(path, flags);
        long offset = 0, reads = 0;
        while (file.Read(buffer.Pointer, PieceBytes, offset) is var got and > 0)
        {
            offset += got;
            reads++;
        }
        return (offset, reads);
    }

    private static (long Bytes, long Operations) ReadMapped(string path)
    {
        using PosixFile file = new(path, OpenFlags.O_RDONLY);
        long length = file.Length;
        byte* start = file.MapLikeLlama(length);
        ulong sum = 0;
        for (byte* at = start; at < start + length - sizeof(ulong); at += CacheLineBytes)
            sum += *(ulong*)at;
        // The sum is used, so that no compiler may leave the reads out.
        GC.KeepAlive(sum);
        return (length, 1);
    }

    private static (long Bytes, long Operations) ReadAtRandom(string path, long count, AlignedMemory buffer)
    {
        using PosixFile file = new(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECT);
        long pages = file.Length / PageBytes;
        Random random = new(1);
        for (long i = 0; i < count; i++)
        {
            if (file.Read(buffer.Pointer, PageBytes, random.NextInt64(pages) * PageBytes) != PageBytes)
                throw new IOException("short read inside the file");
        }
        return (count * PageBytes, count);
    }

    private static (long Bytes, long Operations) WriteAll(string path, OpenFlags flags, long length, AlignedMemory buffer)
    {
        using PosixFile file = new(path, flags);
        long offset = 0, writes = 0;
        for (; offset < length; writes++)
        {
            int piece = (int)Math.Min(PieceBytes, length - offset);
            // Pieces differ, so that nothing below may take them for copies of each other.
            *(long*)(buffer.Pointer + PageBytes) = offset;
            file.Write(buffer.Pointer, piece, offset);
            offset += piece;
        }
        file.Sync();
        return (offset, writes);
    }
}
