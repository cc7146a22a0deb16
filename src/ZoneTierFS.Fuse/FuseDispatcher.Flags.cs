using System.Runtime.CompilerServices;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>Flags of files, which the kernel asks for as ioctls of the server when a program uses lsattr or chattr. Other ioctls are none.</summary>
internal sealed partial class FuseDispatcher
{
    private Errno Control(in FuseInHeader header, RequestReader arguments)
    {
        // The kernel takes no more than it has room for.
        if (!arguments.TryFetch(out FuseIoctlIn input) || input.OutputSize < OutputBytes(input.Command))
            return Errno.EINVAL;
        return input.Command switch
        {
            FileIoctl.GetFlags => ReplyFlags(Wait(_fileSystem.GetFlagsAsync(header.Inode))),
            FileIoctl.SetFlags => arguments.TryFetch(out uint flags) ? SetFlags(header.Inode, flags) : Errno.EINVAL,
            FileIoctl.GetXattr => ReplyXattrFlags(Wait(_fileSystem.GetFlagsAsync(header.Inode))),
            FileIoctl.SetXattr => arguments.TryFetch(out FileSystemXattr attributes) ? SetXattrFlags(header.Inode, attributes) : Errno.EINVAL,
            _ => Errno.ENOTTY,
        };
    }

    private static int OutputBytes(FileIoctl command) => command switch
    {
        FileIoctl.GetFlags => sizeof(uint),
        FileIoctl.GetXattr => Unsafe.SizeOf<FileSystemXattr>(),
        _ => 0,
    };

    private Errno ReplyFlags(in Result<uint> flags)
    {
        if (flags.IsOk)
        {
            _reply.Append(default(FuseIoctlOut));
            _reply.Append(flags.Value);
        }
        return OfInode(flags.Error);
    }

    private Errno ReplyXattrFlags(in Result<uint> flags)
    {
        if (flags.IsOk)
        {
            _reply.Append(default(FuseIoctlOut));
            _reply.Append(new FileSystemXattr { Flags = FileFlagBits.ToXattr(flags.Value) });
        }
        return OfInode(flags.Error);
    }

    private Errno SetFlags(ulong inode, uint flags)
    {
        var error = OfInode(Wait(_fileSystem.SetFlagsAsync(inode, flags)));
        if (error == Errno.Ok)
            _reply.Append(default(FuseIoctlOut));
        return error;
    }

    /// <summary>Projects and extent sizes are not kept, and to say nothing of it would be a lie.</summary>
    private Errno SetXattrFlags(ulong inode, in FileSystemXattr attributes) =>
        FileFlagBits.TryFromXattr(attributes.Flags, out var flags) && attributes is { ExtentSize: 0, ProjectId: 0, CopyOnWriteExtentSize: 0 }
            ? SetFlags(inode, flags)
            : Errno.EOPNOTSUPP;
}
