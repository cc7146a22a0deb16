using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Fuzz;

/// <summary>The arguments of each opcode.</summary>
internal sealed partial class RequestForge
{
    /// <summary>Regular files, pipes, directories, sockets, character and block devices.</summary>
    private static readonly uint[] s_types = [FileMode.S_IFREG, FileMode.S_IFREG, FileMode.S_IFIFO, FileMode.S_IFDIR, 0xC000, 0x2000, 0x6000];

    /// <summary>fallocate(2): extend, keep the size, punch, zero; then modes that are not served.</summary>
    private static readonly uint[] s_allocateModes = [0, 0, 1, 3, 3, 0x10, 0x11, 2, 8, 0x20, 0x40];

    /// <summary>What the kernel sends to take privileges from a file, with and without its handle.</summary>
    private static readonly FuseSetAttrValid[] s_emptyChanges =
        [FuseSetAttrValid.None, FuseSetAttrValid.None, FuseSetAttrValid.Handle, FuseSetAttrValid.KillSetId, FuseSetAttrValid.KillSetId | FuseSetAttrValid.Size];

    private void AddArguments(FuseOpcode opcode)
    {
        switch (opcode)
        {
            case FuseOpcode.Lookup when _values.Chance(6):
                // How the kernel finds what a file handle stands for: the inode itself, then its parents.
                _inode = _values.Chance(3) ? _values.Directory() : _values.Inode();
                AppendText(_values.Chance(2) ? "."u8 : ".."u8);
                break;
            case FuseOpcode.Lookup or FuseOpcode.Unlink or FuseOpcode.RmDir:
                _inode = _values.Directory();
                AppendText(_values.Name());
                break;
            case FuseOpcode.MkNod or FuseOpcode.MkDir or FuseOpcode.Symlink or FuseOpcode.Link or FuseOpcode.Create:
                _inode = _values.Directory();
                AddNew(opcode);
                break;
            case FuseOpcode.Rename or FuseOpcode.Rename2:
                AddRename(opcode);
                break;
            case FuseOpcode.Forget:
                Append(_values.Number());
                break;
            case FuseOpcode.BatchForget:
                AddForgets();
                break;
            case FuseOpcode.SetAttr:
                AddSetAttr();
                break;
            case FuseOpcode.Open:
                _inode = _values.File();
                Append(new FuseOpenIn { Flags = OpenFlags(), OpenFlags = (uint)_random.Next(2) });
                break;
            case FuseOpcode.ReadDir or FuseOpcode.ReadDirPlus:
                _inode = _values.Directory();
                Append(new FuseReadIn { Offset = _values.Chance(2) ? 0 : _values.Number(), Size = _values.Size() });
                break;
            case FuseOpcode.SetXattr or FuseOpcode.GetXattr or FuseOpcode.ListXattr or FuseOpcode.RemoveXattr:
                AddXattr(opcode);
                break;
            case FuseOpcode.TmpFile or FuseOpcode.Ioctl or FuseOpcode.Interrupt or FuseOpcode.CopyFileRange or FuseOpcode.CopyFileRange64:
                AddSpecial(opcode);
                break;
            case FuseOpcode.ReadLink:
                _inode = _values.Chance(4) ? _values.Inode() : _known.Pick(_known.Others);
                break;
            case FuseOpcode.Init:
                Append(new FuseInitIn { Major = (uint)_random.Next(10), Minor = (uint)_random.Next(60), Flags = _values.Bits() });
                break;
            default:
                AddOfOpenFile(opcode);
                break;
        }
    }

    private void AddNew(FuseOpcode opcode)
    {
        if (opcode == FuseOpcode.MkNod)
            Append(new FuseMkNodIn { Mode = _values.Mode(s_types[_random.Next(s_types.Length)]), DeviceNumber = _values.Bits(), Umask = _values.Umask() });
        if (opcode == FuseOpcode.MkDir)
            Append(new FuseMkDirIn { Mode = _values.Mode(0), Umask = _values.Umask() });
        if (opcode == FuseOpcode.Link)
            Append(new FuseLinkIn { Inode = _values.File() });
        if (opcode == FuseOpcode.Create)
            AddCreation();
        AppendText(_values.Name());
        if (opcode == FuseOpcode.Symlink)
            AppendText(_values.Chance(3) ? _noise.AsSpan(0, _random.Next(5000)) : _values.Name());
    }

    private uint OpenFlags()
    {
        if (_values.Chance(6))
            return _values.Bits();
        var access = (uint)_random.Next(3);
        return access | (_values.Chance(4) ? LibC.O_NOATIME : 0u) | (_values.Chance(16) ? LibC.O_TRUNC : 0u);
    }

    private void AddRename(FuseOpcode opcode)
    {
        _inode = _values.Directory();
        if (opcode == FuseOpcode.Rename)
            Append(new FuseRenameIn { NewParent = _values.Directory() });
        else
            Append(new FuseRename2In { NewParent = _values.Directory(), Flags = _values.Chance(5) ? _values.Bits() : (uint)_random.Next(4) });
        AppendText(_values.Name());
        AppendText(_values.Name());
    }

    private void AddForgets()
    {
        var count = _random.Next(8);
        Append(new FuseBatchForgetIn { Count = _values.Chance(3) ? (uint)_values.Number() : (uint)count });
        for (var index = 0; index < count; index++)
            Append(new FuseForgetOne { Inode = _values.Inode() });
    }

    private void AddSetAttr()
    {
        var (inode, handle) = _values.OpenFile();
        _inode = _values.Chance(3) ? _values.Inode() : inode;
        Append(new FuseSetAttrIn
        {
            Valid = _values.Chance(6) ? s_emptyChanges[_random.Next(s_emptyChanges.Length)] : (FuseSetAttrValid)_values.Bits(),
            Handle = handle,
            Size = _values.Offset(),
            AccessSeconds = _values.Seconds(),
            ModifySeconds = _values.Seconds(),
            ChangeSeconds = _values.Seconds(),
            AccessNanoseconds = _values.Bits(),
            ModifyNanoseconds = (uint)_random.Next(1_000_000_000),
            ChangeNanoseconds = _values.Bits(),
            Mode = _values.Mode(0),
            UserId = _values.Bits(),
            GroupId = _values.Bits(),
        });
    }

    private void AddXattr(FuseOpcode opcode)
    {
        if (opcode == FuseOpcode.SetXattr && _values.Chance(4))
        {
            AddList();
            return;
        }
        if (_values.Chance(2))
            _inode = _values.File();
        if (opcode is FuseOpcode.GetXattr or FuseOpcode.ListXattr)
            Append(new FuseGetXattrIn { Size = _values.Chance(3) ? 0 : _values.Size() });
        if (opcode == FuseOpcode.ListXattr)
            return;
        if (opcode == FuseOpcode.SetXattr)
            AddSetXattr(_values.XattrName(), _values.XattrValue(_noise));
        else
            AppendText(_values.XattrName());
    }

    private void AddSetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Append(new FuseSetXattrIn
        {
            Size = _values.Chance(8) ? (uint)_values.Number() : (uint)value.Length,
            Flags = _values.Chance(6) ? _values.Bits() : (uint)_random.Next(3),
        });
        // The extension, which asks to clear the set-group-ID bit.
        Append(_values.Chance(4) ? FuseRequestFlags.SetXattrKillSetGroupId : _values.Chance(8) ? _values.Number() : 0);
        AppendText(name);
        AppendBytes(value);
    }

    private void AddOfOpenFile(FuseOpcode opcode)
    {
        (_inode, var handle) = _values.OpenFile();
        switch (opcode)
        {
            case FuseOpcode.Read:
                Append(new FuseReadIn { Handle = handle, Offset = _values.Offset(), Size = _values.Size() });
                break;
            case FuseOpcode.Write:
                AddWrite(handle);
                break;
            case FuseOpcode.Release:
                Append(new FuseReleaseIn { Handle = handle });
                break;
            case FuseOpcode.Fsync or FuseOpcode.FsyncDir:
                Append(new FuseFsyncIn { Handle = handle, Flags = _values.Chance(4) ? _values.Bits() : 0 });
                break;
            case FuseOpcode.Flush:
                Append(new FuseFlushIn { Handle = handle });
                break;
            case FuseOpcode.Fallocate:
                var mode = _values.Chance(6) ? _values.Bits() : s_allocateModes[_random.Next(s_allocateModes.Length)];
                Append(new FuseFallocateIn { Handle = handle, Offset = _values.Offset(), Length = _values.Offset(), Mode = mode });
                break;
            case FuseOpcode.Lseek:
                Append(new FuseLseekIn { Handle = handle, Offset = _values.Offset(), Whence = _values.Chance(4) ? _values.Bits() : (uint)_random.Next(3, 5) });
                break;
            case FuseOpcode.GetAttr or FuseOpcode.OpenDir or FuseOpcode.StatFs or FuseOpcode.SyncFs or FuseOpcode.Destroy:
                Append(_values.Number());
                Append(handle);
                break;
            default:
                AddForeign(opcode);
                break;
        }
    }

    /// <summary>Cuts a file to nothing: a full volume makes writers wait for the cleaning, and little else would happen.</summary>
    private void AddTruncation()
    {
        _inode = _known.Pick(_known.Files);
        Append(new FuseSetAttrIn { Valid = FuseSetAttrValid.Size });
    }

    private void AddWrite(ulong handle)
    {
        // Whole megabytes are rare, or a small volume would be full most of the time.
        var size = Math.Min(_values.Size(), (uint)(_values.Chance(32) ? NoiseBytes : WriteBytes));
        // What a block gets differs from what it had: bytes at another place of the noise.
        var from = _random.Next(NoiseBytes - (int)size + 1);
        Append(new FuseWriteIn
        {
            Handle = handle,
            Offset = _values.Offset(),
            Size = _values.Chance(20) ? (uint)_values.Number() : size,
            WriteFlags = _values.Chance(4) ? _values.Bits() : 0,
            Flags = _values.Chance(10) ? _values.Bits() : 2,
        });
        AppendBytes(_noise.AsSpan(from, (int)size));
    }

    /// <summary>Arguments for an opcode that is not told apart here: words that could be ids, offsets, sizes or flags, and a name.</summary>
    private void AddForeign(FuseOpcode opcode)
    {
        var (inode, handle) = _values.OpenFile();
        _inode = _values.Chance(2) ? inode : _values.Inode();
        Append(handle);
        for (var words = _random.Next(10); words > 0; words--)
            Append(_random.Next(4) switch { 0 => handle, 1 => _values.Offset(), 2 => _values.Inode(), _ => _values.Number() });
        if (_values.Chance(2))
            AppendText(_values.Name());
    }
}
