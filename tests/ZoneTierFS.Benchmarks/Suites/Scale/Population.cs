namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>Files by the thousand, each with pieces that are extents of their own.</summary>
internal static class Population
{
    /// <summary>Pieces of a file, of a block each; between two lies a hole.</summary>
    public const int ExtentsPerFile = 10;

    private const int FilesPerFolder = 1000;

    private static readonly byte[] s_block = new byte[ScaleVolume.BlockSize];

    /// <summary>Creates empty files, a thousand in a folder, and returns their inodes in order.</summary>
    /// <param name="first">Number of the first, which its name is made of.</param>
    public static async Task<ulong[]> CreateFilesAsync(ScaleVolume volume, int count, int first = 0)
    {
        ulong[] inodes = new ulong[count];
        ulong folder = 0;
        for (int i = 0; i < count; i++)
        {
            if (i % FilesPerFolder == 0)
                folder = await volume.MakeDirectoryAsync($"d{first + i}");
            inodes[i] = await volume.CreateAsync($"file-{first + i:d7}", folder);
        }
        await volume.SyncAsync();
        return inodes;
    }

    /// <summary>Writes each file, one after the other, <see cref="ExtentsPerFile"/> pieces with holes between them.</summary>
    public static async Task WritePiecesAsync(ScaleVolume volume, IEnumerable<ulong> inodes)
    {
        foreach (ulong inode in inodes)
        {
            ulong handle = await volume.OpenFileAsync(inode);
            for (int piece = 0; piece < ExtentsPerFile; piece++)
                await volume.WriteAsync(handle, piece * 2 * ScaleVolume.BlockSize, s_block);
            await volume.Volume.ReleaseAsync(handle);
        }
        await volume.SyncAsync();
    }

    /// <summary>Capacity that suits so many files, bytes.</summary>
    public static long BytesFor(int files) => (long)files * ExtentsPerFile * ScaleVolume.BlockSize * 3 / 2 + (8L << 30);
}
