using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>Requests about names: entries of directories, links and renames.</summary>
internal sealed partial class FuseDispatcher
{
    private Errno Lookup(in FuseInHeader header, RequestReader arguments)
    {
        if (!arguments.TryFetchLookupName(out var name))
            return Errno.EINVAL;
        var found = Wait(_fileSystem.LookupAsync(header.Inode, name));
        if (found.Error != Errno.ENOENT || _missingTimeout == default)
            return ReplyEntry(found);
        _reply.Append(new FuseEntryOut { EntrySeconds = _missingTimeout.Seconds, EntryNanoseconds = _missingTimeout.Nanoseconds });
        return Errno.Ok;
    }

    private Errno MakeNode(in FuseInHeader header, RequestReader arguments) =>
        arguments.TryFetch(out FuseMkNodIn input) && arguments.TryFetchName(out var name)
            ? ReplyEntry(Wait(_fileSystem.MakeNodeAsync(header.Inode, name, input.Mode, input.DeviceNumber, Creator(header, input.Umask))))
            : Errno.EINVAL;

    private Errno MakeDirectory(in FuseInHeader header, RequestReader arguments) =>
        arguments.TryFetch(out FuseMkDirIn input) && arguments.TryFetchName(out var name)
            ? ReplyEntry(Wait(_fileSystem.MakeDirectoryAsync(header.Inode, name, input.Mode, Creator(header, input.Umask))))
            : Errno.EINVAL;

    private Errno Symlink(in FuseInHeader header, RequestReader arguments) =>
        arguments.TryFetchName(out var name) && arguments.TryFetchText(out var target)
            ? ReplyEntry(Wait(_fileSystem.SymlinkAsync(header.Inode, name, target, Caller(header))))
            : Errno.EINVAL;

    private Errno Link(in FuseInHeader header, RequestReader arguments) =>
        arguments.TryFetch(out FuseLinkIn input) && arguments.TryFetchName(out var name)
            ? ReplyEntry(Wait(_fileSystem.LinkAsync(input.Inode, header.Inode, name)))
            : Errno.EINVAL;

    private Errno Unlink(in FuseInHeader header, RequestReader arguments) =>
        arguments.TryFetchName(out var name) ? Wait(_unlinked.UnlinkAsync(header.Inode, name)) : Errno.EINVAL;

    private Errno RemoveDirectory(in FuseInHeader header, RequestReader arguments) =>
        arguments.TryFetchName(out var name) ? Wait(_fileSystem.RemoveDirectoryAsync(header.Inode, name)) : Errno.EINVAL;

    private Errno Rename(in FuseInHeader header, RequestReader arguments) =>
        arguments.TryFetch(out FuseRenameIn input) ? Rename(header, arguments, input.NewParent, flags: 0) : Errno.EINVAL;

    private Errno RenameWithFlags(in FuseInHeader header, RequestReader arguments) =>
        arguments.TryFetch(out FuseRename2In input) ? Rename(header, arguments, input.NewParent, input.Flags) : Errno.EINVAL;

    private Errno Rename(in FuseInHeader header, RequestReader arguments, ulong newParent, uint flags) =>
        arguments.TryFetchName(out var name) && arguments.TryFetchName(out var newName)
            ? Wait(_unlinked.RenameAsync(header.Inode, name, newParent, newName, flags))
            : Errno.EINVAL;

    private Errno ReadLink(in FuseInHeader header)
    {
        var read = Wait(_fileSystem.ReadLinkAsync(header.Inode, _reply.Payload[..FuseProtocol.PageBytes]));
        if (read.IsOk)
            _reply.SetPayloadLength(read.Value);
        return OfInode(read.Error);
    }

    private Errno Forget(ulong inode)
    {
        Wait(_unlinked.ForgetAsync(inode));
        return Errno.Ok;
    }

    private Errno ForgetMany(RequestReader arguments)
    {
        if (!arguments.TryFetch(out FuseBatchForgetIn input))
            return Errno.EINVAL;
        for (var index = 0u; index < input.Count && arguments.TryFetch(out FuseForgetOne one); index++)
            Forget(one.Inode);
        return Errno.Ok;
    }

    private Errno OpenDirectory()
    {
        _reply.Append(default(FuseOpenOut));
        return Errno.Ok;
    }

    private Errno ReadDirectory(in FuseInHeader header, RequestReader arguments, bool withAttributes)
    {
        if (!arguments.TryFetch(out FuseReadIn input) || input.Size > (uint)_reply.Capacity)
            return Errno.EINVAL;
        _directory.Start(_reply.Payload[..(int)input.Size], withAttributes);
        var error = Wait(_fileSystem.ReadDirectoryAsync(header.Inode, input.Offset, _directory));
        // An empty reply is the end of the listing; room for not even one entry must not look like it.
        if (error == Errno.Ok && _directory is { IsFull: true, Length: 0 })
            return Errno.EINVAL;
        _reply.SetPayloadLength(_directory.Length);
        return error;
    }

    private Errno FsyncDirectory(in FuseInHeader header, RequestReader arguments) =>
        arguments.TryFetch(out FuseFsyncIn input)
            ? Wait(_fileSystem.FsyncDirectoryAsync(header.Inode, (input.Flags & FuseRequestFlags.FsyncDataOnly) != 0))
            : Errno.EINVAL;

    private Errno ReplyEntry(in Result<FileStatus> result)
    {
        if (result.IsOk)
            _reply.Append(StatusEncoding.ToEntry(result.Value, _attributeTimeout, _entryTimeout));
        return result.Error;
    }
}
