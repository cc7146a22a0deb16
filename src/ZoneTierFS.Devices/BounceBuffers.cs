using ZoneTierFS.Linux;

namespace ZoneTierFS.Devices;

/// <summary>A few aligned buffers through which unaligned memory reaches a file that is open with O_DIRECT.</summary>
internal sealed class BounceBuffers : IDisposable
{
    public const int BufferSize = 1 << 20;
    /// <summary>More may be in use at once; only this many are kept for the next use.</summary>
    private const int KeptMax = 8;

    private readonly Lock _gate = new();
    private readonly AlignedMemory?[] _kept = new AlignedMemory?[KeptMax];
    private int _count;
    private bool _disposed;

    public AlignedMemory Rent()
    {
        lock (_gate)
        {
            if (_count > 0)
                return _kept[--_count]!;
        }
        return new AlignedMemory(BufferSize);
    }

    public void Return(AlignedMemory buffer)
    {
        lock (_gate)
        {
            if (_count < KeptMax && !_disposed)
            {
                _kept[_count++] = buffer;
                return;
            }
        }
        ((IDisposable)buffer).Dispose();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_count > 0)
                ((IDisposable)_kept[--_count]!).Dispose();
        }
    }
}
