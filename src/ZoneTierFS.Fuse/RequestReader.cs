using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZoneTierFS.Fuse;

/// <summary>
/// A cursor over a request's arguments. Each fetch either takes what it promises or says false: no request, however damaged, is read beyond its end.
/// </summary>
internal struct RequestReader(ReadOnlyMemory<byte> arguments)
{
    private ReadOnlyMemory<byte> _rest = arguments;

    public bool TryFetch<T>(out T value)
        where T : unmanaged
    {
        if (!MemoryMarshal.TryRead(_rest.Span, out value))
            return false;
        _rest = _rest[Unsafe.SizeOf<T>()..];
        return true;
    }

    public bool TryFetchBytes(uint count, out ReadOnlyMemory<byte> bytes)
    {
        if (count > (uint)_rest.Length)
        {
            bytes = default;
            return false;
        }
        bytes = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return true;
    }

    /// <summary>Bytes up to a terminator, which is passed over and not part of them.</summary>
    public bool TryFetchText(out ReadOnlyMemory<byte> text)
    {
        var end = _rest.Span.IndexOf((byte)0);
        if (end < 0)
        {
            text = default;
            return false;
        }
        text = _rest[..end];
        _rest = _rest[(end + 1)..];
        return true;
    }

    /// <summary>As <see cref="TryFetchName"/>, and "." and "..": so the kernel asks for an inode that it knows from a file handle alone.</summary>
    public bool TryFetchLookupName(out ReadOnlyMemory<byte> name) => TryFetchText(out name) && name.Length > 0 && !name.Span.Contains((byte)'/');

    /// <summary>The name of a directory entry: not empty, without a slash, and neither "." nor "..".</summary>
    public bool TryFetchName(out ReadOnlyMemory<byte> name) =>
        TryFetchLookupName(out name) && !name.Span.SequenceEqual("."u8) && !name.Span.SequenceEqual(".."u8);
}
