using ZoneTierFS.Devices;

namespace ZoneTierFS.Tests.Devices;

/// <summary>One zone as a test remembers it: what it must hold now, and what it must hold again when all that was not flushed is lost.</summary>
internal sealed class ZoneModel
{
    private List<byte> _flushed = [];
    private bool _flushedFull;
    private ulong _flushedEpoch;

    public List<byte> Bytes { get; private set; } = [];

    public bool Full { get; set; }

    public ulong Epoch { get; private set; }

    /// <summary>False for a zone whose reset was lost: its old pointer is back, but its bytes may be gone.</summary>
    public bool BytesAreKnown { get; private set; } = true;

    public void Reset()
    {
        Bytes = [];
        Full = false;
        Epoch++;
        BytesAreKnown = true;
    }

    public void Flush()
    {
        _flushed = [.. Bytes];
        (_flushedFull, _flushedEpoch) = (Full, Epoch);
    }

    public void LoseUnflushed()
    {
        BytesAreKnown = BytesAreKnown && Epoch == _flushedEpoch;
        Bytes = [.. _flushed];
        (Full, Epoch) = (_flushedFull, _flushedEpoch);
    }

    public long Pointer(ZonedGeometry geometry) => Full ? geometry.ZoneCapacity : Bytes.Count;
}
