using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuzz;

/// <summary>What the kernel takes as a reply to a request: it refuses all else, and the program that asked gets an I/O error.</summary>
internal static class ReplyRules
{
    private const int HeaderBytes = 16;
    private const int RequestHeaderBytes = 40;

    /// <summary>Attribute values and lists are never longer than this, whatever the caller has room for.</summary>
    private const int XattrBytesMax = 65536;

    /// <returns>What is wrong; null where nothing is.</returns>
    public static string? Violation(ReadOnlySpan<byte> request, ReadOnlySpan<byte> reply)
    {
        if (!MemoryMarshal.TryRead(request, out FuseInHeader header))
            return reply.IsEmpty ? null : "a request without a whole header got a reply";
        var wantsNone = header.Opcode is FuseOpcode.Forget or FuseOpcode.BatchForget or FuseOpcode.Interrupt;
        if (wantsNone || reply.IsEmpty)
            return wantsNone == reply.IsEmpty ? null : wantsNone ? "a request that wants no reply got one" : "there is no reply";
        if (reply.Length < HeaderBytes || BinaryPrimitives.ReadInt32LittleEndian(reply) != reply.Length)
            return $"the reply of {reply.Length} bytes says another length";
        if (BinaryPrimitives.ReadUInt64LittleEndian(reply[8..]) != header.Unique)
            return "the reply is to another request";
        var error = -BinaryPrimitives.ReadInt32LittleEndian(reply[4..]);
        if (!Enum.IsDefined((Errno)error))
            return $"{error} is no errno";
        if (error != 0)
            return reply.Length == HeaderBytes ? null : "an error came with a payload";
        var (least, most) = PayloadBytes(header.Opcode, request);
        var payload = reply.Length - HeaderBytes;
        return payload >= least && payload <= most ? null : $"the payload of {payload} bytes is not within {least} to {most}";
    }

    private static (long Least, long Most) PayloadBytes(FuseOpcode opcode, ReadOnlySpan<byte> request) => opcode switch
    {
        FuseOpcode.Lookup or FuseOpcode.MkNod or FuseOpcode.MkDir or FuseOpcode.Symlink or FuseOpcode.Link => Exactly<FuseEntryOut>(),
        FuseOpcode.GetAttr or FuseOpcode.SetAttr => Exactly<FuseAttrOut>(),
        FuseOpcode.Open or FuseOpcode.OpenDir => Exactly<FuseOpenOut>(),
        FuseOpcode.Create or FuseOpcode.TmpFile =>
            (Unsafe.SizeOf<FuseEntryOut>() + Unsafe.SizeOf<FuseOpenOut>(), Unsafe.SizeOf<FuseEntryOut>() + Unsafe.SizeOf<FuseOpenOut>()),
        FuseOpcode.Write or FuseOpcode.CopyFileRange => Exactly<FuseWriteOut>(),
        FuseOpcode.CopyFileRange64 => Exactly<FuseCopyFileRangeOut>(),
        FuseOpcode.Ioctl => (Unsafe.SizeOf<FuseIoctlOut>(), Unsafe.SizeOf<FuseIoctlOut>() + Word(request, 28)),
        FuseOpcode.StatFs => Exactly<FuseStatFsOut>(),
        FuseOpcode.Lseek => Exactly<FuseLseekOut>(),
        FuseOpcode.Read or FuseOpcode.ReadDir or FuseOpcode.ReadDirPlus => (0, Word(request, 16)),
        FuseOpcode.GetXattr or FuseOpcode.ListXattr when Word(request, 0) == 0 => Exactly<FuseGetXattrOut>(),
        FuseOpcode.GetXattr or FuseOpcode.ListXattr => (0, Math.Min(Word(request, 0), XattrBytesMax)),
        FuseOpcode.ReadLink => (0, 4096),
        FuseOpcode.Unlink or FuseOpcode.RmDir or FuseOpcode.Rename or FuseOpcode.Rename2 or FuseOpcode.Release or FuseOpcode.ReleaseDir
            or FuseOpcode.Fsync or FuseOpcode.FsyncDir or FuseOpcode.SetXattr or FuseOpcode.RemoveXattr or FuseOpcode.Flush
            or FuseOpcode.Fallocate or FuseOpcode.SyncFs or FuseOpcode.Destroy => (0, 0),
        _ => (0, 1 << 20),
    };

    private static (long Least, long Most) Exactly<T>() => (Unsafe.SizeOf<T>(), Unsafe.SizeOf<T>());

    /// <summary>A 32-bit word of the arguments; a request that is too short for it cannot have succeeded.</summary>
    private static long Word(ReadOnlySpan<byte> request, int at) =>
        request.Length >= RequestHeaderBytes + at + 4 ? BinaryPrimitives.ReadUInt32LittleEndian(request[(RequestHeaderBytes + at)..]) : -1;
}
