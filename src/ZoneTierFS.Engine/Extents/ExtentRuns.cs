using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// The extents that one item stands for, whichever form it has: for a foreach over an item that a scan of the tree has come to. Throws
/// <see cref="InvalidDataException"/> for a value that makes no sense.
/// </summary>
internal ref struct ExtentRuns
{
    private readonly ulong _first;
    private readonly ReadOnlySpan<byte> _value;
    private readonly BlockNumbers _numbers;
    private int _next;

    public ExtentRuns(ItemKey key, ReadOnlySpan<byte> value, BlockNumbers numbers)
    {
        _first = key.Low;
        _value = value;
        _numbers = numbers;
        if (PageMap.Is(value) && PageMap.ChunkOf(key.Low) != key.Low) throw new InvalidDataException($"A page map begins at block {key.Low}.");
    }

    public Extent Current { get; private set; }

    public readonly ExtentRuns GetEnumerator() => this;

    public bool MoveNext()
    {
        if (!PageMap.Is(_value))
        {
            if (_next++ > 0) return false;
            Current = Extent.Read(_first, _value);
            return true;
        }
        var map = new PageMap(_value);
        _next = map.NextMapped(_next);
        if (_next == PageMap.Blocks) return false;
        Current = map.RunFrom(_next, _first, _numbers);
        _next += (int)Current.Count;
        return true;
    }
}
