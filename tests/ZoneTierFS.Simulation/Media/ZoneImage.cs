namespace ZoneTierFS.Simulation;

/// <summary>
/// The bytes of a zone from one reset to the next, in pieces that are there once they were written; the rest are zeros. A zone is only appended to, so every
/// earlier state of it is a shorter prefix of the same image.
/// </summary>
internal sealed class ZoneImage
{
    private const int PieceBytes = 16 << 10;

    private readonly byte[]?[] _pieces;

    /// <summary>Pieces that another image owns: copied before they change. Null where all are this one's own.</summary>
    private readonly bool[]? _isBorrowed;

    public ZoneImage(int capacity, ZoneImage? before)
    {
        _pieces = new byte[]?[(capacity + PieceBytes - 1) / PieceBytes];
        Before = before;
    }

    private ZoneImage(ZoneImage origin)
    {
        _pieces = [.. origin._pieces];
        _isBorrowed = new bool[_pieces.Length];
        Array.Fill(_isBorrowed, true);
        Before = origin.Before;
    }

    /// <summary>What the zone held before its reset: what a torn append may leave behind. Only one generation is kept.</summary>
    public ZoneImage? Before { get; private set; }

    /// <summary>A cheap copy that may change without this one's knowing, as long as this one does not change.</summary>
    public ZoneImage Fork() => new(this);

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            Span<byte> part = Own((int)(offset / PieceBytes)).AsSpan((int)(offset % PieceBytes));
            int length = Math.Min(part.Length, data.Length);
            data[..length].CopyTo(part);
            data = data[length..];
            offset += length;
        }
    }

    public void Read(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            int within = (int)(offset % PieceBytes);
            int length = Math.Min(PieceBytes - within, into.Length);
            if (_pieces[offset / PieceBytes] is byte[] piece)
            {
                piece.AsSpan(within, length).CopyTo(into);
            }
            else
            {
                into[..length].Clear();
            }

            into = into[length..];
            offset += length;
        }
    }

    /// <summary>Whether written bytes are the given ones.</summary>
    public bool Holds(long offset, ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            int within = (int)(offset % PieceBytes);
            int length = Math.Min(PieceBytes - within, data.Length);
            if (_pieces[offset / PieceBytes] is not byte[] piece || !piece.AsSpan(within, length).SequenceEqual(data[..length]))
            {
                return false;
            }

            data = data[length..];
            offset += length;
        }

        return true;
    }

    /// <summary>A range inside one aligned block, to be changed in place.</summary>
    public Span<byte> Block(long offset, int length) => Own((int)(offset / PieceBytes)).AsSpan((int)(offset % PieceBytes), length);

    public void ForgetOlder() => Before = null;

    private byte[] Own(int index)
    {
        byte[]? piece = _pieces[index];
        if (piece is null)
        {
            piece = new byte[PieceBytes];
        }
        else if (_isBorrowed is not null && _isBorrowed[index])
        {
            piece = piece.AsSpan().ToArray();
        }
        else
        {
            return piece;
        }

        if (_isBorrowed is not null)
        {
            _isBorrowed[index] = false;
        }

        _pieces[index] = piece;
        return piece;
    }
}
