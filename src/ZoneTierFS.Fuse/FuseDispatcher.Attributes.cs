using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>Requests about attributes, extended attributes and the whole filesystem.</summary>
internal sealed partial class FuseDispatcher
{
    /// <summary>XATTR_SIZE_MAX and XATTR_LIST_MAX of the kernel.</summary>
    private const uint XattrBytesMax = 65536;

    private Errno GetAttributes(in FuseInHeader header) => ReplyAttributes(Wait(_fileSystem.GetStatusAsync(header.Inode)));

    private Errno SetAttributes(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseSetAttrIn input))
            return Errno.EINVAL;
        ulong? handle = (input.Valid & FuseSetAttrValid.Handle) != 0 ? input.Handle : null;
        return ReplyAttributes(Wait(_fileSystem.SetStatusAsync(header.Inode, handle, StatusEncoding.ToChanges(input), Caller(header))));
    }

    private Errno ReplyAttributes(in Result<FileStatus> result)
    {
        if (result.IsOk)
        {
            _reply.Append(new FuseAttrOut
            {
                AttributeSeconds = _attributeTimeout.Seconds,
                AttributeNanoseconds = _attributeTimeout.Nanoseconds,
                Attributes = StatusEncoding.ToAttr(result.Value),
            });
        }
        return OfInode(result.Error);
    }

    private Errno SetXattr(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseSetXattrIn input))
            return Errno.EINVAL;
        var extension = 0ul;
        if (_protocol.HasSetXattrExt && !arguments.TryFetch(out extension))
            return Errno.EINVAL;
        if (!arguments.TryFetchText(out var name) || name.Length == 0 || !arguments.TryFetchBytes(input.Size, out var value))
            return Errno.EINVAL;
        // The kernel lets no longer one through; a filesystem need not be ready for one.
        if (value.Length > XattrBytesMax)
            return Errno.E2BIG;
        var killSetGroupId = (extension & FuseRequestFlags.SetXattrKillSetGroupId) != 0;
        return OfInode(Wait(_fileSystem.SetXattrAsync(header.Inode, name, value, input.Flags, killSetGroupId, Caller(header))));
    }

    private Errno GetXattr(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseGetXattrIn input) || !arguments.TryFetchText(out var name) || name.Length == 0)
            return Errno.EINVAL;
        var into = XattrMemory(input.Size);
        return ReplyXattr(Wait(_fileSystem.GetXattrAsync(header.Inode, name, into, Caller(header))), into.Length);
    }

    private Errno ListXattrs(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseGetXattrIn input))
            return Errno.EINVAL;
        var into = XattrMemory(input.Size);
        return ReplyXattr(Wait(_fileSystem.ListXattrsAsync(header.Inode, into, Caller(header))), into.Length);
    }

    private Errno RemoveXattr(in FuseInHeader header, RequestReader arguments) =>
        arguments.TryFetchText(out var name) && name.Length > 0
            ? OfInode(Wait(_fileSystem.RemoveXattrAsync(header.Inode, name, Caller(header))))
            : Errno.EINVAL;

    private Memory<byte> XattrMemory(uint size) => _reply.Payload[..(int)Math.Min(size, XattrBytesMax)];

    /// <param name="room">0: the caller asked for the length alone.</param>
    private Errno ReplyXattr(in Result<int> result, int room)
    {
        if (!result.IsOk)
            return OfInode(result.Error);
        if (room == 0)
        {
            _reply.Append(new FuseGetXattrOut { Size = (uint)result.Value });
            return Errno.Ok;
        }
        if (result.Value > room)
            return Errno.ERANGE;
        _reply.SetPayloadLength(result.Value);
        return Errno.Ok;
    }

    private Errno GetSpace()
    {
        var result = Wait(_fileSystem.GetSpaceAsync());
        if (!result.IsOk)
            return result.Error;
        var space = result.Value;
        _reply.Append(new FuseStatFsOut
        {
            Blocks = space.TotalBlocks,
            FreeBlocks = space.FreeBlocks,
            AvailableBlocks = space.AvailableBlocks,
            Files = space.Files,
            FreeFiles = space.FreeFiles,
            BlockSize = StatusEncoding.BlockSize,
            FragmentSize = StatusEncoding.BlockSize,
            NameBytesMax = space.NameBytesMax,
        });
        return Errno.Ok;
    }
}
