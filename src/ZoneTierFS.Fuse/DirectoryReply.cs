using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>Packs a directory's entries into a reply, with their attributes where the kernel asked for READDIRPLUS.</summary>
internal sealed class DirectoryReply(CacheTimeout attributeTimeout, CacheTimeout entryTimeout) : IDirectorySink
{
    private Memory<byte> _into;
    private bool _withAttributes;

    /// <summary>Bytes packed.</summary>
    public int Length { get; private set; }

    /// <summary>An entry did not fit.</summary>
    public bool IsFull { get; private set; }

    public void Start(Memory<byte> into, bool withAttributes)
    {
        _into = into;
        _withAttributes = withAttributes;
        Length = 0;
        IsFull = false;
    }

    public bool TryAdd(ReadOnlySpan<byte> name, ulong nextCookie, in FileStatus status)
    {
        var entryBytes = _withAttributes ? Unsafe.SizeOf<FuseEntryOut>() : 0;
        var nameEnd = entryBytes + Unsafe.SizeOf<FuseDirent>() + name.Length;
        var padded = (nameEnd + 7) & ~7;
        IsFull = IsFull || padded > _into.Length - Length;
        if (IsFull)
            return false;
        var record = _into.Span.Slice(Length, padded);
        if (_withAttributes)
            MemoryMarshal.Write(record, Entry(name, status));
        var dirent = new FuseDirent
        {
            Inode = status.Inode,
            NextOffset = nextCookie,
            NameLength = (uint)name.Length,
            Type = (status.Mode & Linux.FileMode.S_IFMT) >> 12,
        };
        MemoryMarshal.Write(record[entryBytes..], in dirent);
        name.CopyTo(record[(entryBytes + Unsafe.SizeOf<FuseDirent>())..]);
        record[nameEnd..].Clear();
        Length += padded;
        return true;
    }

    /// <summary>"." and ".." carry no attributes: an entry with inode 0 tells the kernel to take the name alone.</summary>
    private FuseEntryOut Entry(ReadOnlySpan<byte> name, in FileStatus status) =>
        name.SequenceEqual("."u8) || name.SequenceEqual(".."u8) ? default : StatusEncoding.ToEntry(status, attributeTimeout, entryTimeout);
}
