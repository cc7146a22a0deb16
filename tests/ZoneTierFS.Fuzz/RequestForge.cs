using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZoneTierFS.Fuse.Abi;

namespace ZoneTierFS.Fuzz;

/// <summary>Builds requests of every opcode with the kernel's structs, and then damages some of them as a whole.</summary>
internal sealed partial class RequestForge
{
    /// <summary>The header, the longest arguments, and the longest payload with something to spare.</summary>
    public const int BytesMax = 8192 + (1 << 20);

    /// <summary>Opcodes below this are tried, known or not.</summary>
    public const int OpcodeMax = 70;

    private const int HeaderBytes = 40;
    private const int NoiseBytes = 1 << 20;
    private const int WriteBytes = 256 << 10;

    /// <summary>Requests after which, on average, something immutable can be changed again.</summary>
    private const int ProtectedRequests = 400;

    /// <summary>Each opcode as often as it leads somewhere: what fills a volume and what opens files come more often than the rest.</summary>
    private static readonly FuseOpcode[] s_opcodes =
    [
        FuseOpcode.Lookup, FuseOpcode.Lookup, FuseOpcode.Forget, FuseOpcode.GetAttr, FuseOpcode.SetAttr, FuseOpcode.SetAttr, FuseOpcode.ReadLink,
        FuseOpcode.Symlink, FuseOpcode.MkNod, FuseOpcode.MkDir, FuseOpcode.MkDir, FuseOpcode.Unlink, FuseOpcode.Unlink, FuseOpcode.RmDir,
        FuseOpcode.RmDir, FuseOpcode.RmDir, FuseOpcode.Rename,
        FuseOpcode.Link, FuseOpcode.Open, FuseOpcode.Open, FuseOpcode.Read, FuseOpcode.Read, FuseOpcode.Read, FuseOpcode.Write, FuseOpcode.Write,
        FuseOpcode.Write, FuseOpcode.Write, FuseOpcode.StatFs, FuseOpcode.Release, FuseOpcode.Release, FuseOpcode.Fsync, FuseOpcode.SetXattr,
        FuseOpcode.SetXattr, FuseOpcode.GetXattr, FuseOpcode.ListXattr, FuseOpcode.RemoveXattr, FuseOpcode.Flush, FuseOpcode.Init, FuseOpcode.OpenDir,
        FuseOpcode.ReadDir, FuseOpcode.ReleaseDir, FuseOpcode.FsyncDir, FuseOpcode.Create, FuseOpcode.Create, FuseOpcode.Create, FuseOpcode.Interrupt,
        FuseOpcode.Destroy, FuseOpcode.Ioctl, FuseOpcode.Ioctl, FuseOpcode.BatchForget, FuseOpcode.Fallocate, FuseOpcode.Fallocate, FuseOpcode.ReadDirPlus,
        FuseOpcode.Rename2, FuseOpcode.Rename2, FuseOpcode.Lseek, FuseOpcode.SyncFs, FuseOpcode.TmpFile, FuseOpcode.CopyFileRange,
        FuseOpcode.CopyFileRange64, FuseOpcode.CopyFileRange64,
    ];

    private readonly Random _random;
    private readonly KnownIds _known;
    private readonly HostileValues _values;
    private readonly HostileLists _lists;
    private readonly byte[] _noise = new byte[NoiseBytes];
    private readonly byte[] _buffer = new byte[BytesMax];
    private int _length;
    private ulong _inode;
    private ulong _unique;

    public RequestForge(Random random, KnownIds known)
    {
        _random = random;
        _known = known;
        _values = new HostileValues(random, known);
        _lists = new HostileLists(random);
        random.NextBytes(_noise);
    }

    /// <summary>The request that was built last; the next one takes its memory.</summary>
    public ReadOnlySpan<byte> Current => _buffer.AsSpan(0, _length);

    /// <summary>The next request.</summary>
    public ReadOnlySpan<byte> Next()
    {
        var opcode = _known.IsCrowded ? FuseOpcode.Release : s_opcodes[_random.Next(s_opcodes.Length)];
        _length = HeaderBytes;
        _inode = _values.Inode();
        if (_known.TakeFull())
        {
            opcode = FuseOpcode.SetAttr;
            AddTruncation();
        }
        else if (_known.Immutable.Count > 0 && _values.Chance(ProtectedRequests))
        {
            opcode = FuseOpcode.Ioctl;
            AddUnprotect(_known.Pick(_known.Immutable));
        }
        else if (_values.Chance(40))
            AddForeign(opcode = (FuseOpcode)_random.Next(OpcodeMax));
        else
            AddArguments(opcode);
        WriteHeader(opcode);
        if (_values.Chance(8))
            Damage();
        return Current;
    }

    /// <summary>A read of an open file.</summary>
    public ReadOnlySpan<byte> Read(ulong inode, ulong handle, ulong offset, uint size)
    {
        _length = HeaderBytes;
        _inode = inode;
        Append(new FuseReadIn { Handle = handle, Offset = offset, Size = size });
        WriteHeader(FuseOpcode.Read);
        return Current;
    }

    /// <summary>The close of a handle.</summary>
    public ReadOnlySpan<byte> Release((ulong Inode, ulong Handle) open)
    {
        _length = HeaderBytes;
        _inode = open.Inode;
        Append(new FuseReleaseIn { Handle = open.Handle });
        WriteHeader(FuseOpcode.Release);
        return Current;
    }

    private void WriteHeader(FuseOpcode opcode)
    {
        var user = _values.Chance(2) ? 0u : 1000;
        MemoryMarshal.Write(_buffer, new FuseInHeader
        {
            Length = (uint)_length,
            Opcode = opcode,
            Unique = _unique += 2,
            Inode = _inode,
            UserId = user,
            GroupId = user,
            ProcessId = 1,
        });
    }

    /// <summary>What a damaged queue, or a kernel gone mad, could hand over.</summary>
    private void Damage()
    {
        var header = MemoryMarshal.AsRef<FuseInHeader>(_buffer.AsSpan());
        switch (_random.Next(7))
        {
            case 0:
                _length = _random.Next(_length + 1);
                break;
            case 1:
                _length = HeaderBytes + _random.Next(Math.Max(1, _length - HeaderBytes));
                MemoryMarshal.Write(_buffer, (uint)_length);
                break;
            case 2:
                AppendBytes(_noise.AsSpan(0, _random.Next(200)));
                if (_values.Chance(2))
                    MemoryMarshal.Write(_buffer, (uint)_length);
                break;
            case 3:
                MemoryMarshal.Write(_buffer, (uint)_values.Number());
                break;
            case 4:
                header.ExtensionUnits = (ushort)(_values.Chance(2) ? _random.Next(1, 8) : (int)_values.Bits());
                MemoryMarshal.Write(_buffer, header);
                break;
            case 5:
                header.Opcode = (FuseOpcode)(_values.Chance(2) ? (uint)_random.Next(OpcodeMax) : _values.Bits());
                MemoryMarshal.Write(_buffer, header);
                break;
            default:
                for (var changes = _random.Next(1, 6); changes > 0; changes--)
                    _buffer[_random.Next(Math.Min(_length, 256))] = (byte)_random.Next(256);
                break;
        }
    }

    private void Append<T>(in T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(_buffer.AsSpan(_length), in value);
        _length += Unsafe.SizeOf<T>();
    }

    private void AppendBytes(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, BytesMax - _length)];
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>A text and its terminator, which is left out now and then.</summary>
    private void AppendText(ReadOnlySpan<byte> text)
    {
        AppendBytes(text);
        if (!_values.Chance(50))
            AppendBytes([0]);
    }
}
