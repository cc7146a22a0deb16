using Mono.Unix.Native;
using ZoneTierFS.Benchmarks.Clients;

namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>What the kernel holds of a file's content.</summary>
internal static unsafe class PageCache
{
    private const int PageBytes = 4096;

    /// <summary>Share of a file that may still be there and the file be called cold.</summary>
    private const double ResidentShareMax = 0.01;

    /// <summary>
    /// Makes a file cold; one that is missing is. The whole page cache is emptied only where the kernel does not let go of this file alone: that takes
    /// seconds on a machine with a large RAM disk, and everybody else's caches with it.
    /// </summary>
    /// <exception cref="IOException">The file stays in the cache: nothing measured now would be cold.</exception>
    public static void Evict(string path)
    {
        if (!File.Exists(path))
            return;
        using PosixFile file = new(path, OpenFlags.O_RDONLY);
        // Only clean pages can be dropped.
        file.Sync();
        file.ForgetPages();
        if (ResidentShare(file) <= ResidentShareMax)
            return;
        Machine.DropCaches();
        if (ResidentShare(file) is var share and > ResidentShareMax)
            throw new IOException($"{share:P0} of {path} stay in the page cache; somebody else uses the file");
    }

    /// <summary>Share of a file's pages that are in the page cache, 0 to 1.</summary>
    public static double ResidentShare(string path)
    {
        using PosixFile file = new(path, OpenFlags.O_RDONLY);
        return ResidentShare(file);
    }

    private static double ResidentShare(PosixFile file)
    {
        long length = file.Length;
        if (length == 0)
            return 0;
        byte[] pages = new byte[(length + PageBytes - 1) / PageBytes];
        byte* start = file.Map(length, MmapFlags.MAP_SHARED);
        try
        {
            if (Syscall.mincore((nint)start, (ulong)length, pages) != 0)
                throw new IOException($"mincore: {Stdlib.GetLastError()}");
        }
        finally
        {
            _ = Syscall.munmap((nint)start, (ulong)length);
        }
        return pages.Count(page => (page & 1) != 0) / (double)pages.Length;
    }
}
