namespace ZoneTierFS.Benchmarks.Devices;

/// <summary>A place for bytes that is filled from the front and then read: what a device and its plain peer have in common.</summary>
internal abstract class RawStore : IAsyncDisposable
{
    public abstract ValueTask AppendAsync(ReadOnlyMemory<byte> data);

    /// <summary>Makes durable what was appended.</summary>
    public abstract ValueTask FlushAsync();

    /// <param name="offset">Bytes from what was appended first; the range does not cross a multiple of the appends' length.</param>
    public abstract ValueTask ReadAsync(long offset, Memory<byte> into);

    public abstract ValueTask DisposeAsync();
}
