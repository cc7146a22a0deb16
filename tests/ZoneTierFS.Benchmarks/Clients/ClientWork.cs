using System.Diagnostics;
using System.Security.Cryptography;
using Mono.Unix.Native;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Benchmarks.Clients;

/// <summary>The timed work of one measured process.</summary>
internal static unsafe class ClientWork
{
    private const int PageBytes = 4096;
    private const int CacheLineBytes = 64;
    private const int PreparedPieceBytes = 1 << 20;
    private const OpenFlags NewFile = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL;

    public static ClientResult Run(ClientTask task)
    {
        using AlignedMemory content = Content(task);
        FileTree? tree = task.Mode is >= ClientMode.CreateTree and <= ClientMode.EmptyTree ? new(task.Path, task.Operations) : null;
        if (task.Mode is ClientMode.CreateTree or ClientMode.PrepareTree or ClientMode.EmptyTree)
            tree!.MakeFolders();
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        Stopwatch watch = Stopwatch.StartNew();
        (long bytes, long operations) = task.Mode switch
        {
            ClientMode.SequentialRead => ReadAll(task, OpenFlags.O_RDONLY),
            ClientMode.DirectRead => ReadAll(task, OpenFlags.O_RDONLY | OpenFlags.O_DIRECT),
            ClientMode.MapRead => ReadMapped(task.Path, (file, length) => file.MapLikeLlama(length)),
            ClientMode.FaultRead => ReadMapped(task.Path, (file, length) => file.Map(length, MmapFlags.MAP_SHARED)),
            ClientMode.RandomRead => ReadAtRandom(task, OpenFlags.O_RDONLY | OpenFlags.O_DIRECT),
            ClientMode.CachedRandomRead => ReadAtRandom(task, OpenFlags.O_RDONLY),
            ClientMode.SequentialWrite => WriteAll(task, NewFile, content),
            ClientMode.DirectWrite => WriteAll(task, NewFile | OpenFlags.O_DIRECT, content),
            ClientMode.RandomOverwrite => Overwrite(task, content),
            ClientMode.Append => Append(task, content),
            ClientMode.PrepareFile => Prepare(task with { PieceBytes = PreparedPieceBytes }),
            ClientMode.CreateTree => (tree!.Create(content.Pointer, onlyMissing: false) * (long)FileTree.FileBytes, task.Operations),
            ClientMode.PrepareTree => (tree!.Create(content.Pointer, onlyMissing: true) * (long)FileTree.FileBytes, task.Operations),
            ClientMode.StatTree => (0, tree!.Stat()),
            ClientMode.ReadTree => (tree!.Read(content.Pointer) * (long)FileTree.FileBytes, task.Operations),
            ClientMode.UnlinkTree => (0, tree!.Unlink(missingIsFine: false)),
            ClientMode.EmptyTree => (0, tree!.Unlink(missingIsFine: true)),
            _ => throw new UnreachableException($"mode {task.Mode}"),
        };
        double seconds = watch.Elapsed.TotalSeconds;
        Environment.ProcessCpuUsage cpu = Environment.CpuUsage;
        return new(bytes, operations, seconds, (cpu.TotalTime - cpuBefore).TotalSeconds, cpu.UserTime.TotalSeconds);
    }

    /// <summary>What a mode that writes writes. A model begins like one, because a file system may place files by what they are.</summary>
    private static AlignedMemory Content(ClientTask task)
    {
        AlignedMemory content = new(Math.Max(task.PieceBytes, FileTree.FileBytes));
        RandomNumberGenerator.Fill(content.GetSpan());
        if (task.Path.EndsWith(".gguf", StringComparison.Ordinal))
            "GGUF"u8.CopyTo(content.GetSpan());
        return content;
    }

    /// <summary>Runs the parts of the work side by side; what a part throws is thrown here.</summary>
    private static void InThreads(int count, Action<int> part)
    {
        if (count == 1)
        {
            part(0);
            return;
        }
        IOException? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, count).Select(index => new Thread(() =>
        {
            try
            {
                part(index);
            }
            catch (IOException refused)
            {
                Interlocked.CompareExchange(ref failure, refused, null);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        if (failure is not null)
            throw new IOException(failure.Message, failure);
    }

    private static (long Bytes, long Operations) ReadAll(ClientTask task, OpenFlags flags)
    {
        long bytes = 0, reads = 0;
        InThreads(task.Threads, index =>
        {
            using AlignedMemory buffer = new(task.PieceBytes);
            using PosixFile file = new(task.Path, flags);
            long pieces = (file.Length + task.PieceBytes - 1) / task.PieceBytes;
            long at = pieces * index / task.Threads, end = pieces * (index + 1) / task.Threads;
            long done = 0, count = 0;
            for (; at < end && file.Read(buffer.Pointer, task.PieceBytes, at * task.PieceBytes) is var got and > 0; at++)
            {
                done += got;
                count++;
            }
            Interlocked.Add(ref bytes, done);
            Interlocked.Add(ref reads, count);
        });
        return (bytes, reads);
    }

    private delegate byte* Map(PosixFile file, long length);

    private static (long Bytes, long Operations) ReadMapped(string path, Map map)
    {
        using PosixFile file = new(path, OpenFlags.O_RDONLY);
        long length = file.Length;
        byte* start = map(file, length);
        ulong sum = 0;
        for (byte* at = start; at < start + length - sizeof(ulong); at += CacheLineBytes)
            sum += *(ulong*)at;
        // The sum is used, so that no compiler may leave the reads out.
        GC.KeepAlive(sum);
        return (length, 1);
    }

    private static (long Bytes, long Operations) ReadAtRandom(ClientTask task, OpenFlags flags)
    {
        using PosixFile file = new(task.Path, flags);
        long places = file.Length / task.PieceBytes;
        int each = task.Operations / task.Threads;
        InThreads(task.Threads, index =>
        {
            using AlignedMemory buffer = new(task.PieceBytes);
            Random random = new(1 + index);
            for (int i = 0; i < each; i++)
            {
                if (file.Read(buffer.Pointer, task.PieceBytes, random.NextInt64(places) * task.PieceBytes) != task.PieceBytes)
                    throw new IOException("short read inside the file");
            }
        });
        long done = (long)each * task.Threads;
        return (done * task.PieceBytes, done);
    }

    private static (long Bytes, long Operations) WriteAll(ClientTask task, OpenFlags flags, AlignedMemory content)
    {
        using PosixFile file = new(task.Path, flags);
        long offset = 0, writes = 0;
        for (; offset < task.Bytes; writes++)
        {
            int piece = (int)Math.Min(task.PieceBytes, task.Bytes - offset);
            Mark(content, offset);
            file.Write(content.Pointer, piece, offset);
            offset += piece;
        }
        file.Sync();
        return (offset, writes);
    }

    private static (long Bytes, long Operations) Overwrite(ClientTask task, AlignedMemory content)
    {
        using PosixFile file = new(task.Path, OpenFlags.O_WRONLY);
        long places = file.Length / task.PieceBytes;
        Random random = new(1);
        for (int i = 0; i < task.Operations; i++)
        {
            Mark(content, i);
            file.Write(content.Pointer, task.PieceBytes, random.NextInt64(places) * task.PieceBytes);
        }
        file.Sync();
        return ((long)task.Operations * task.PieceBytes, task.Operations);
    }

    private static (long Bytes, long Operations) Append(ClientTask task, AlignedMemory content)
    {
        using PosixFile file = new(task.Path, NewFile | OpenFlags.O_APPEND);
        for (int i = 0; i < task.Operations; i++)
        {
            Mark(content, i);
            file.Append(content.Pointer, task.PieceBytes);
            file.SyncData();
        }
        return ((long)task.Operations * task.PieceBytes, task.Operations);
    }

    private static (long Bytes, long Operations) Prepare(ClientTask task)
    {
        if (new FileInfo(task.Path) is { Exists: true } there)
        {
            if (there.Length == task.Bytes)
                return (0, 0);
            there.Delete();
        }
        using AlignedMemory content = Content(task);
        return WriteAll(task, NewFile, content);
    }

    /// <summary>Pieces differ, so that nothing below may take them for copies of each other.</summary>
    private static void Mark(AlignedMemory content, long number) => *(long*)(content.Pointer + PageBytes - sizeof(long)) = number;
}
