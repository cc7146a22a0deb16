using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Fuzz;

/// <summary>The arguments of copies, flags, files without a name, and interrupts.</summary>
internal sealed partial class RequestForge
{
    /// <summary>Requests before and after this one that an INTERRUPT may mean.</summary>
    private const int InterruptReach = 8;

    private static readonly FileIoctl[] s_ioctls = [FileIoctl.GetFlags, FileIoctl.SetFlags, FileIoctl.SetFlags, FileIoctl.GetXattr, FileIoctl.SetXattr];

    /// <summary>Takes all flags from an inode, so that it can be changed and removed again.</summary>
    public ReadOnlySpan<byte> Unprotect(ulong inode)
    {
        _length = HeaderBytes;
        AddUnprotect(inode);
        WriteHeader(FuseOpcode.Ioctl);
        return Current;
    }

    private void AddSpecial(FuseOpcode opcode)
    {
        switch (opcode)
        {
            case FuseOpcode.TmpFile:
                AddUnnamed();
                break;
            case FuseOpcode.Ioctl:
                AddIoctl();
                break;
            case FuseOpcode.Interrupt:
                AddInterrupt();
                break;
            default:
                AddCopy();
                break;
        }
    }

    private void AddUnprotect(ulong inode)
    {
        _inode = inode;
        Append(new FuseIoctlIn { Command = FileIoctl.SetFlags, InputSize = sizeof(uint) });
        Append(0u);
    }

    private void AddIoctl()
    {
        _inode = _values.Chance(3) ? _values.Directory() : _values.Chance(3) ? _values.Inode() : _values.OpenFile().Inode;
        var command = s_ioctls[_random.Next(s_ioctls.Length)];
        var (takes, gives) = command switch
        {
            FileIoctl.GetFlags => (0u, 4u),
            FileIoctl.SetFlags => (4u, 0u),
            FileIoctl.GetXattr => (0u, 28u),
            _ => (28u, 0u),
        };
        Append(new FuseIoctlIn
        {
            Handle = _values.OpenFile().Handle,
            Command = _values.Chance(10) ? (FileIoctl)_values.Bits() : command,
            InputSize = _values.Chance(8) ? (uint)_values.Number() : takes,
            OutputSize = _values.Chance(8) ? (uint)_values.Number() : gives,
        });
        var immutable = _values.Chance(4);
        if (command == FileIoctl.SetFlags)
            Append(_values.Chance(6) ? _values.Bits() : immutable ? FileFlagBits.FS_IMMUTABLE_FL : 0);
        else if (command == FileIoctl.SetXattr)
            Append(new FileSystemXattr
            {
                Flags = _values.Chance(6) ? _values.Bits() : immutable ? FileFlagBits.FS_XFLAG_IMMUTABLE : 0,
                ExtentSize = _values.Chance(12) ? _values.Bits() : 0,
                ProjectId = _values.Chance(12) ? _values.Bits() : 0,
                CopyOnWriteExtentSize = _values.Chance(12) ? _values.Bits() : 0,
            });
    }

    private void AddCopy()
    {
        (_inode, var source) = _values.OpenFile();
        var (targetInode, target) = _values.OpenFile();
        Append(new FuseCopyFileRangeIn
        {
            SourceHandle = source,
            SourceOffset = _values.Offset(),
            TargetInode = targetInode,
            TargetHandle = target,
            TargetOffset = _values.Offset(),
            Length = _values.Chance(6) ? _values.Number() : _values.Size(),
            Flags = _values.Chance(12) ? _values.Number() : 0,
        });
    }

    /// <summary>Of a request that was answered, or of one that comes: an interrupt may overtake its request.</summary>
    private void AddInterrupt() => Append(new FuseInterruptIn
    {
        Unique = _values.Chance(6) ? _values.Number() : _unique + 2 * (ulong)_random.Next(-InterruptReach, InterruptReach),
    });

    private void AddUnnamed()
    {
        _inode = _values.Directory();
        AddCreation();
        // What the kernel sends in place of a name.
        AppendText(_values.Chance(8) ? _values.Name() : "/"u8);
    }

    private void AddCreation() => Append(new FuseCreateIn
    {
        Flags = _values.Chance(6) ? _values.Bits() : LibC.O_RDWR,
        Mode = _values.Mode(FileMode.S_IFREG),
        Umask = _values.Umask(),
    });

    private void AddList()
    {
        var isDefault = _values.Chance(2);
        _inode = isDefault || _values.Chance(2) ? _values.Directory() : _values.File();
        AddSetXattr(isDefault ? "system.posix_acl_default"u8 : "system.posix_acl_access"u8, _lists.Next(_noise));
    }
}
