using System.Runtime.InteropServices;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>Requests about open files.</summary>
internal sealed partial class FuseDispatcher
{
    /// <summary>
    /// Of open(2)'s flags, those that are the filesystem's business. O_DIRECT and O_APPEND are the kernel's: it gives each write the offset where it
    /// belongs, and a filesystem that appended by itself would reorder the parts of one long direct write.
    /// </summary>
    private const uint PassedFlags = LibC.O_ACCMODE | LibC.O_TRUNC | LibC.O_SYNC | LibC.O_NOATIME;

    private Errno Open(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseOpenIn input))
            return Errno.EINVAL;
        var flags = input.Flags & PassedFlags;
        var opened = Wait(_fileSystem.OpenAsync(header.Inode, flags, (input.OpenFlags & FuseRequestFlags.OpenKillSetId) != 0, Caller(header)));
        if (opened.IsOk)
            AppendOpened(opened.Value, flags);
        if (opened is { IsOk: true, Value.AccessTimeMoved: true })
            Invalidate(header.Inode);
        return OfInode(opened.Error);
    }

    /// <summary>
    /// The kernel forgets an inode's attributes: it takes for granted that opening a file changes none, and what the page cache serves is not asked for here.
    /// </summary>
    private void Invalidate(ulong inode)
    {
        var notice = new FuseInvalidateInode { Length = (uint)_notice.Length, Code = FuseInvalidateInode.InvalidateInode, Inode = inode, Offset = -1 };
        MemoryMarshal.Write(_notice, in notice);
        Notice = _notice;
    }

    private Errno Create(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseCreateIn input) || !arguments.TryFetchName(out var name))
            return Errno.EINVAL;
        var flags = input.Flags & PassedFlags;
        return ReplyCreated(Wait(_fileSystem.CreateAsync(header.Inode, name, input.Mode, flags, Creator(header, input.Umask))), flags);
    }

    /// <summary>The name in the request is the kernel's placeholder.</summary>
    private Errno CreateUnnamed(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseCreateIn input))
            return Errno.EINVAL;
        var flags = input.Flags & PassedFlags;
        return ReplyCreated(Wait(_fileSystem.CreateUnnamedAsync(header.Inode, input.Mode, flags, Creator(header, input.Umask))), flags);
    }

    private Errno ReplyCreated(in Result<FuseCreated> created, uint flags)
    {
        if (created.IsOk)
        {
            _reply.Append(StatusEncoding.ToEntry(created.Value.Status, _attributeTimeout, _entryTimeout));
            AppendOpened(created.Value.Opened, flags);
        }
        return created.Error;
    }

    private void AppendOpened(in FuseOpened opened, uint flags)
    {
        var reply = new FuseOpenOut { Handle = opened.Handle };
        if (opened.KeepCache)
            reply.Flags |= FuseOpenReplyFlags.KeepCache;
        // Without leave to map such a file the flag is dropped: the cache costs time, a map that fails costs the program.
        if (opened.DirectIo && _protocol.AllowsDirectIo)
            reply.Flags |= FuseOpenReplyFlags.DirectIo | FuseOpenReplyFlags.ParallelDirectWrites;
        // A file that was only read has no write-back error to tell at close: spare the round trip.
        if ((flags & LibC.O_ACCMODE) == LibC.O_RDONLY)
            reply.Flags |= FuseOpenReplyFlags.NoFlush;
        _reply.Append(reply);
    }

    private Errno Read(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseReadIn input) || input.Size > (uint)_reply.Capacity || input.Offset > long.MaxValue)
            return Errno.EINVAL;
        var token = _slot.Begin(header.Unique);
        var read = WaitInterruptible(_fileSystem.ReadAsync(header.Inode, input.Handle, (long)input.Offset, _reply.Payload[..(int)input.Size], token));
        if (!read.IsOk)
            return read.Error;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)read.Value, input.Size);
        _reply.SetPayloadLength(read.Value);
        return Errno.Ok;
    }

    private Errno Write(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseWriteIn input) || !arguments.TryFetchBytes(input.Size, out var data))
            return Errno.EINVAL;
        if (input.Offset > (ulong)(long.MaxValue - data.Length))
            return Errno.EINVAL;
        var killSetId = (input.WriteFlags & FuseRequestFlags.WriteKillSetId) != 0;
        var token = _slot.Begin(header.Unique);
        var call = _fileSystem.WriteAsync(header.Inode, input.Handle, (long)input.Offset, data, input.Flags & PassedFlags, killSetId, token);
        var written = WaitInterruptible(call);
        if (!written.IsOk)
            return written.Error;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)written.Value, input.Size);
        _reply.Append(new FuseWriteOut { Size = (uint)written.Value });
        return Errno.Ok;
    }

    private Errno Flush(in FuseInHeader header, RequestReader arguments) =>
        arguments.TryFetch(out FuseFlushIn input) ? Wait(_fileSystem.FlushAsync(header.Inode, input.Handle)) : Errno.EINVAL;

    private Errno Release(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseReleaseIn input))
            return Errno.EINVAL;
        Wait(_fileSystem.ReleaseAsync(header.Inode, input.Handle));
        return Errno.Ok;
    }

    private Errno Fsync(in FuseInHeader header, RequestReader arguments) =>
        arguments.TryFetch(out FuseFsyncIn input)
            ? Wait(_fileSystem.FsyncAsync(header.Inode, input.Handle, (input.Flags & FuseRequestFlags.FsyncDataOnly) != 0))
            : Errno.EINVAL;

    private Errno Allocate(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseFallocateIn input) || !IsRange(input.Offset, input.Length))
            return Errno.EINVAL;
        var token = _slot.Begin(header.Unique);
        return WaitInterruptible(_fileSystem.AllocateAsync(header.Inode, input.Handle, (long)input.Offset, (long)input.Length, input.Mode, token));
    }

    private static bool IsRange(ulong offset, ulong length) => offset <= long.MaxValue && length <= long.MaxValue - offset;

    private Errno CopyRange(in FuseInHeader header, RequestReader arguments, bool isOld)
    {
        if (!arguments.TryFetch(out FuseCopyFileRangeIn input) || input.Flags != 0)
            return Errno.EINVAL;
        if (!IsRange(input.SourceOffset, input.Length) || !IsRange(input.TargetOffset, input.Length))
            return Errno.EINVAL;
        // The older reply counts in 32 bits.
        var length = isOld ? Math.Min(input.Length, uint.MaxValue) : input.Length;
        var range = new FuseCopyRange(
            header.Inode, input.SourceHandle, (long)input.SourceOffset, input.TargetInode, input.TargetHandle, (long)input.TargetOffset, (long)length);
        var copied = WaitInterruptible(_fileSystem.CopyRangeAsync(range, Caller(header), _slot.Begin(header.Unique)));
        if (!copied.IsOk)
            return copied.Error;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)copied.Value, length);
        if (isOld)
            _reply.Append(new FuseWriteOut { Size = (uint)copied.Value });
        else
            _reply.Append(new FuseCopyFileRangeOut { Size = (ulong)copied.Value });
        return Errno.Ok;
    }

    private Errno Seek(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseLseekIn input))
            return Errno.EINVAL;
        // A program may well ask from before the start: there is nothing.
        if (input.Offset > long.MaxValue)
            return Errno.ENXIO;
        var found = Wait(_fileSystem.SeekAsync(header.Inode, input.Handle, (long)input.Offset, input.Whence));
        if (found.IsOk)
            _reply.Append(new FuseLseekOut { Offset = (ulong)found.Value });
        return found.Error;
    }
}
