using ZoneTierFS.Linux;

namespace ZoneTierFS.MountTests.Memory;

/// <summary>A file, directory or link of <see cref="MemoryFileSystem"/>: content in pages of 4 KiB, so that holes exist.</summary>
internal sealed class MemoryNode
{
    private const int PageBytes = 4096;
    private readonly Dictionary<long, byte[]> _pages = [];
    private FileStatus _status;

    public MemoryNode(ulong inode, uint mode, FileCaller owner)
    {
        _status = new FileStatus { Inode = inode, Mode = mode, UserId = owner.UserId, GroupId = owner.GroupId };
        _status.LinkCount = IsDirectory ? 2u : 1u;
        _status.AccessTime = _status.ModifyTime = _status.ChangeTime = Now();
    }

    public ref FileStatus Status => ref _status;

    public bool IsDirectory => Linux.FileMode.IsDirectory(_status.Mode);

    public byte[] LinkTarget { get; init; } = [];

    public int OpenCount { get; set; }

    public bool IsImmutable { get; set; }

    /// <summary>The directory of the newest name; null for the root.</summary>
    public MemoryNode? Parent { get; set; }

    public SortedDictionary<string, byte[]> Xattrs { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, (ulong Cookie, MemoryNode Node)> Entries { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<ulong, string> Order { get; } = [];

    public static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    public FileStatus Snapshot() => _status with { Blocks = (ulong)_pages.Count * (PageBytes / 512) };

    public void Touch() => _status.ModifyTime = _status.ChangeTime = Now();

    public void ClearSetId() => _status.Mode &= ~(Linux.FileMode.S_ISUID | ((_status.Mode & Linux.FileMode.S_IXGRP) != 0 ? Linux.FileMode.S_ISGID : 0));

    public int Read(long offset, Span<byte> into)
    {
        var length = (int)Math.Clamp((long)_status.Size - offset, 0, into.Length);
        for (var done = 0; done < length;)
        {
            var inPage = (int)((offset + done) % PageBytes);
            var part = into.Slice(done, Math.Min(PageBytes - inPage, length - done));
            if (_pages.TryGetValue((offset + done) / PageBytes, out var page))
                page.AsSpan(inPage, part.Length).CopyTo(part);
            else
                part.Clear();
            done += part.Length;
        }
        return length;
    }

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        for (var done = 0; done < data.Length;)
        {
            var inPage = (int)((offset + done) % PageBytes);
            var part = data.Slice(done, Math.Min(PageBytes - inPage, data.Length - done));
            part.CopyTo(Page((offset + done) / PageBytes).AsSpan(inPage));
            done += part.Length;
        }
        _status.Size = Math.Max(_status.Size, (ulong)(offset + data.Length));
        Touch();
    }

    /// <summary>Copies up to where data and holes change over, so that a hole stays one.</summary>
    /// <returns>Bytes copied.</returns>
    public int CopyTo(MemoryNode target, long from, long to, int lengthMax)
    {
        var isHole = Seek(from, hole: true) == from;
        var end = Seek(from, hole: !isHole) ?? (long)_status.Size;
        var length = (int)Math.Clamp(end - from, 0, lengthMax);
        if (isHole)
        {
            target.Clear(to, length);
            target._status.Size = Math.Max(target._status.Size, (ulong)(to + length));
            target.Touch();
            return length;
        }
        var bytes = new byte[length];
        Read(from, bytes);
        target.Write(to, bytes);
        return length;
    }

    public void Resize(long size)
    {
        if ((ulong)size < _status.Size)
            Clear(size, long.MaxValue - size);
        _status.Size = (ulong)size;
        Touch();
    }

    /// <summary>Zeros a range, and gives whole pages of it back.</summary>
    public void Clear(long offset, long length)
    {
        var end = offset + length;
        foreach (var (number, page) in _pages.ToArray())
        {
            var from = Math.Clamp(offset - number * PageBytes, 0, PageBytes);
            var to = Math.Clamp(end - number * PageBytes, 0, PageBytes);
            if (from == 0 && to == PageBytes)
                _pages.Remove(number);
            else if (to > from)
                page.AsSpan((int)from, (int)(to - from)).Clear();
        }
    }

    public void Reserve(long offset, long length)
    {
        for (var page = offset / PageBytes; page * PageBytes < offset + length; page++)
            Page(page);
    }

    /// <returns>Null at or beyond the end of the file, or where no data follows.</returns>
    public long? Seek(long offset, bool hole)
    {
        if (offset >= (long)_status.Size)
            return null;
        for (var at = offset; at < (long)_status.Size; at = (at / PageBytes + 1) * PageBytes)
        {
            if (_pages.ContainsKey(at / PageBytes) != hole)
                return at;
        }
        return hole ? (long)_status.Size : null;
    }

    private byte[] Page(long number)
    {
        if (!_pages.TryGetValue(number, out var page))
            _pages[number] = page = new byte[PageBytes];
        return page;
    }
}
