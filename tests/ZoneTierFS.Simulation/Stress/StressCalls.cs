using System.Text;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation.Stress;

/// <summary>Operations of a volume as a thread of a FUSE server makes them: it waits for each, and says what it is at.</summary>
internal sealed class StressCalls(Volume volume)
{
    private static readonly FileCaller s_root = new(0, 0, 1);
    private long _made;
    private volatile string _current = "nothing yet";

    /// <summary>Operations that have ended.</summary>
    public long Made => Volatile.Read(ref _made);

    /// <summary>The operation under way, or the last.</summary>
    public string Current => _current;

    public Volume Volume => volume;

    public static ReadOnlyMemory<byte> Name(string name) => Encoding.UTF8.GetBytes(name);

    public ulong Find(ulong directory, string name) => volume.Lookup(directory, Name(name).Span) is { IsOk: true } found ? found.Value.Inode : 0;

    public Result<FileStatus> Create(ulong directory, string name) =>
        Do($"create {name}", volume.CreateAsync(directory, Name(name), Linux.FileMode.S_IFREG | 0x1A4, 0, s_root));

    public ulong MakeDirectory(string name)
    {
        Result<FileStatus> made = Do($"mkdir {name}", volume.MakeDirectoryAsync(Volume.RootInode, Name(name), 0x1ED, s_root));
        return made.IsOk ? made.Value.Inode : throw new StressException($"mkdir {name}: {made.Error}");
    }

    public T Do<T>(string what, ValueTask<T> call)
    {
        _current = what;
        T result = call.IsCompletedSuccessfully ? call.Result : call.AsTask().GetAwaiter().GetResult();
        Interlocked.Increment(ref _made);
        return result;
    }

    /// <summary>Opens, does, and closes; the error of opening or of what was done.</summary>
    public Errno WithFile(string what, ulong inode, Func<ulong, ValueTask<Errno>> call)
    {
        Result<ulong> handle = Do($"open for {what}", volume.OpenFileAsync(inode, OpenFlags.Read | OpenFlags.Write));
        if (!handle.IsOk)
        {
            return handle.Error;
        }
        Errno error = Do(what, call(handle.Value));
        _current = $"close after {what}";
        ValueTask closing = volume.ReleaseAsync(handle.Value);
        closing.AsTask().GetAwaiter().GetResult();
        return error;
    }

    public Errno Write(ulong inode, long offset, byte[] bytes) =>
        WithFile($"write {bytes.Length} at {offset}", inode, async handle => (await volume.WriteAsync(handle, offset, bytes, false, false)).Error);

    public Errno Fsync(ulong inode) => WithFile("fsync", inode, handle => volume.FsyncAsync(handle, false));

    public Errno Truncate(ulong inode, ulong size) => Do($"truncate to {size}", volume.SetStatusAsync(inode, new FileStatusChanges { Size = size })).Error;

    public Errno Punch(ulong inode, long offset, long length) =>
        WithFile($"punch {length} at {offset}", inode, handle => volume.AllocateAsync(handle, AllocateMode.PunchHole, offset, length));

    public (Errno Error, byte[] Bytes) Read(ulong inode, int length)
    {
        byte[] into = new byte[length];
        int read = 0;
        Errno error = WithFile($"read {length}", inode, async handle =>
        {
            Result<int> result = await volume.ReadAsync(handle, 0, into);
            read = result.IsOk ? result.Value : 0;
            return result.Error;
        });
        return (error, into[..read]);
    }
}
