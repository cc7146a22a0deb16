using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Fuzz;

/// <summary>What a kernel would know: the inodes and handles that earlier replies named. Bounded, so that a long run does not slow down.</summary>
internal sealed class KnownIds
{
    private const int InodesMax = 64;
    private const int HandlesMax = 48;
    private const int HeaderBytes = 16;
    private const int RequestHeaderBytes = 40;

    /// <summary>Files that are cut when the volume is full.</summary>
    private const int Relief = 12;

    private readonly Random _random;
    private int _relief;

    public KnownIds(Random random) => _random = random;

    public List<ulong> Directories { get; } = [1];

    public List<ulong> Files { get; } = [];

    public List<ulong> Others { get; } = [];

    public List<(ulong Inode, ulong Handle)> Open { get; } = [];

    /// <summary>Inodes with the immutable flag. While they have it little can be done to them.</summary>
    public List<ulong> Immutable { get; } = [];

    /// <summary>The handle that was closed last: no request may be served by it any more.</summary>
    public ulong Closed { get; private set; }

    /// <summary>More handles than a run should keep: the next request closes one.</summary>
    public bool IsCrowded => Open.Count >= HandlesMax;

    /// <summary>True for some times after a reply that said that there is no space: the next request should make some.</summary>
    public bool TakeFull() => _relief > 0 && _relief-- > 0;

    /// <summary>Takes note of what a request's reply says.</summary>
    public void Learn(ReadOnlySpan<byte> request, ReadOnlySpan<byte> reply)
    {
        if (!MemoryMarshal.TryRead(request, out FuseInHeader header))
            return;
        if (header.Opcode == FuseOpcode.Release && request.Length >= 48)
            Forget(BinaryPrimitives.ReadUInt64LittleEndian(request[40..]));
        if (reply.Length >= HeaderBytes && BinaryPrimitives.ReadInt32LittleEndian(reply[4..]) == -(int)Errno.ENOSPC)
            _relief = Relief;
        if (header.Opcode == FuseOpcode.Ioctl && !reply.IsEmpty)
            LearnFlags(header.Inode, request[RequestHeaderBytes..], reply);
        if (reply.Length <= HeaderBytes || BinaryPrimitives.ReadInt32LittleEndian(reply[4..]) != 0)
            return;
        var payload = reply[HeaderBytes..];
        switch (header.Opcode)
        {
            case FuseOpcode.Lookup or FuseOpcode.MkNod or FuseOpcode.MkDir or FuseOpcode.Symlink or FuseOpcode.Link:
                Add(MemoryMarshal.Read<FuseEntryOut>(payload));
                break;
            case FuseOpcode.Create or FuseOpcode.TmpFile:
                var entry = MemoryMarshal.Read<FuseEntryOut>(payload);
                Add(entry);
                Open.Add((entry.Inode, MemoryMarshal.Read<FuseOpenOut>(payload[Unsafe.SizeOf<FuseEntryOut>()..]).Handle));
                break;
            case FuseOpcode.Open:
                Open.Add((header.Inode, MemoryMarshal.Read<FuseOpenOut>(payload).Handle));
                break;
            default:
                break;
        }
    }

    /// <summary>An inode of one of the lists; the root where it is empty.</summary>
    public ulong Pick(List<ulong> inodes) => inodes.Count == 0 ? 1 : inodes[_random.Next(inodes.Count)];

    private void LearnFlags(ulong inode, ReadOnlySpan<byte> arguments, ReadOnlySpan<byte> reply)
    {
        var error = -BinaryPrimitives.ReadInt32LittleEndian(reply[4..]);
        if (error == (int)Errno.ESTALE)
            Immutable.Remove(inode);
        if (error != 0)
            return;
        var command = MemoryMarshal.Read<FuseIoctlIn>(arguments).Command;
        if (command is not (FileIoctl.SetFlags or FileIoctl.SetXattr))
            return;
        Immutable.Remove(inode);
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(arguments[Unsafe.SizeOf<FuseIoctlIn>()..]);
        if ((flags & (command == FileIoctl.SetFlags ? FileFlagBits.FS_IMMUTABLE_FL : FileFlagBits.FS_XFLAG_IMMUTABLE)) != 0)
            Immutable.Add(inode);
    }

    private void Forget(ulong handle)
    {
        if (Open.RemoveAll(open => open.Handle == handle) > 0)
            Closed = handle;
    }

    private void Add(in FuseEntryOut entry)
    {
        // 0 says that the name does not exist, and how long that may be believed.
        if (entry.Inode == 0)
            return;
        var kind = entry.Attributes.Mode & FileMode.S_IFMT;
        var list = kind == FileMode.S_IFDIR ? Directories : kind == FileMode.S_IFREG ? Files : Others;
        if (list.Contains(entry.Inode))
            return;
        if (list.Count >= InodesMax)
            list.RemoveAt(_random.Next(1, list.Count));
        list.Add(entry.Inode);
    }
}
