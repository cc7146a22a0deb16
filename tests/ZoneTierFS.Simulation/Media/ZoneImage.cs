namespace ZoneTierFS.Simulation;

/// <summary>
/// The bytes of a zone from one reset to the next. A zone is only appended to, so every earlier state of it is a shorter prefix of the same image.
/// </summary>
internal sealed class ZoneImage(int capacity, ZoneImage? before)
{
    private byte[]? _bytes;

    /// <summary>What the zone held before its reset: what a torn append may leave behind. Only one generation is kept.</summary>
    public ZoneImage? Before { get; private set; } = before;

    public Span<byte> At(long offset, int length) => (_bytes ??= new byte[capacity]).AsSpan((int)offset, length);

    public void CopyTo(long offset, Span<byte> into)
    {
        if (_bytes is null)
        {
            into.Clear();
        }
        else
        {
            _bytes.AsSpan((int)offset, into.Length).CopyTo(into);
        }
    }

    public void ForgetOlder() => Before = null;
}
