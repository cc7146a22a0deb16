namespace ZoneTierFS.Benchmarks.Suites.Space;

/// <summary>Files that are written once, read, and replaced or deleted as a whole: KV caches in order of age, models at random.</summary>
internal sealed class WholeFileWork(SpaceVolume volume, long liveMax)
{
    private const int PieceBytes = 1 << 20;
    private const int Seed = 21;

    private readonly Random _random = new(Seed);
    private readonly byte[] _content = RandomBytes();
    private readonly byte[] _read = new byte[PieceBytes];
    private readonly List<(string Name, ulong Parent, long Bytes)> _files = [];
    private readonly List<ulong> _sessions = [];
    private long _live;
    private int _made;

    /// <summary>KV caches of 256 KiB to 4 MiB in the directories of sessions; the oldest go when new ones need the room.</summary>
    public async Task RoundOfCachesAsync()
    {
        while (_sessions.Count < 16) _sessions.Add(await volume.MakeDirectoryAsync($"session{_sessions.Count}"));
        for (long written = 0; written < liveMax;)
        {
            long bytes = _random.NextInt64(256 << 10, 4 << 20);
            while (_live + bytes > liveMax) await DeleteAsync(0);
            ulong session = _sessions[_random.Next(_sessions.Count)];
            await MakeAsync($"{_made++:x16}.kvcache.safetensors", session, bytes);
            await ReadAsync(_files[_random.Next(_files.Count)]);
            written += bytes;
        }
    }

    /// <summary>Models of 48 to 160 MiB, downloaded under a temporary name: every second one replaces another; when room is short, some are deleted.</summary>
    public async Task RoundOfModelsAsync()
    {
        for (long written = 0; written < liveMax;)
        {
            long bytes = _random.NextInt64(48 << 20, 160 << 20);
            while (_live + bytes > liveMax) await DeleteAsync(_random.Next(_files.Count));
            string name = $"model{_made++}.gguf", download = $"{name}.incomplete";
            await MakeAsync(download, ZoneTierFS.Engine.Volume.RootInode, bytes);
            _files.RemoveAt(_files.Count - 1);
            if (_made % 2 == 0 && _files.Count > 0)
            {
                int replaced = _random.Next(_files.Count);
                name = _files[replaced].Name;
                _live -= _files[replaced].Bytes;
                _files.RemoveAt(replaced);
            }
            await volume.RenameAsync(download, name);
            _files.Add((name, ZoneTierFS.Engine.Volume.RootInode, bytes));
            written += bytes;
        }
    }

    private async Task MakeAsync(string name, ulong parent, long bytes)
    {
        ulong handle = await volume.CreateAsync(name, parent);
        bool isModel = name.Contains(".gguf", StringComparison.Ordinal);
        for (long at = 0; at < bytes; at += PieceBytes)
        {
            Memory<byte> piece = _content.AsMemory(isModel && at == 0 ? 0 : PieceAt(at), (int)Math.Min(PieceBytes, bytes - at));
            await volume.WriteAsync(handle, at, piece);
        }
        await volume.CloseAsync(handle);
        _files.Add((name, parent, bytes));
        _live += bytes;
    }

    private async Task ReadAsync((string Name, ulong Parent, long Bytes) file)
    {
        ulong handle = await volume.OpenAsync(file.Name, file.Parent);
        for (long at = 0; at < file.Bytes; at += PieceBytes)
        {
            Memory<byte> into = _read.AsMemory(0, (int)Math.Min(PieceBytes, file.Bytes - at));
            await volume.ReadAsync(handle, at, into);
            if (!into.Span.SequenceEqual(_content.AsSpan(PieceAt(at), into.Length)))
                throw new InvalidOperationException($"{file.Name} has changed at {at}.");
        }
        await volume.CloseAsync(handle);
    }

    private async Task DeleteAsync(int index)
    {
        await volume.DeleteAsync(_files[index].Name, _files[index].Parent);
        _live -= _files[index].Bytes;
        _files.RemoveAt(index);
    }

    /// <summary>Pieces begin at different places of the content.</summary>
    private static int PieceAt(long at) => (int)(at / PieceBytes * 4099 % PieceBytes);

    private static byte[] RandomBytes()
    {
        byte[] bytes = new byte[2 * PieceBytes];
        new Random(Seed).NextBytes(bytes);
        "GGUF\u0003\0\0\0"u8.CopyTo(bytes);
        return bytes;
    }
}
