using Mono.Unix.Native;
using ZoneTierFS.Benchmarks.Clients;

namespace ZoneTierFS.Benchmarks.Devices;

/// <summary>The peer: one plain file with O_DIRECT.</summary>
internal sealed unsafe class PlainStore(string path) : RawStore
{
    private readonly PosixFile _file = new(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_TRUNC | OpenFlags.O_DIRECT);
    private long _end;

    public override ValueTask AppendAsync(ReadOnlyMemory<byte> data)
    {
        fixed (byte* from = data.Span)
            _file.Write(from, data.Length, _end);
        _end += data.Length;
        return ValueTask.CompletedTask;
    }

    public override ValueTask FlushAsync()
    {
        _file.Sync();
        return ValueTask.CompletedTask;
    }

    public override ValueTask ReadAsync(long offset, Memory<byte> into)
    {
        fixed (byte* to = into.Span)
        {
            if (_file.Read(to, into.Length, offset) != into.Length)
                throw new IOException("short read inside the file");
        }
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
