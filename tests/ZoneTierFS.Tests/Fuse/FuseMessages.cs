using System.Buffers.Binary;
using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Fuse;
using ZoneTierFS.Fuse.Abi;

namespace ZoneTierFS.Tests.Fuse;

/// <summary>Requests and replies as the bytes that pass between kernel and server.</summary>
internal static class FuseMessages
{
    public const ulong Unique = 0x22;
    public const ulong Inode = 17;

    public static readonly FuseProtocol Protocol =
        new(45, FuseInitFlags.SetXattrExt | FuseInitFlags.MaxPages | FuseInitFlags.DirectIoAllowMmap, 1 << 20);

    public static readonly FuseOptions Options = new()
    {
        AttributeTimeout = TimeSpan.FromSeconds(1.5),
        EntryTimeout = TimeSpan.FromSeconds(2.25),
        MissingTimeout = TimeSpan.FromSeconds(7),
    };

    public static FuseDispatcher Dispatcher(
        IFuseFileSystem fileSystem, FuseOptions? options = null, FuseProtocol? protocol = null, RequestInterrupts? interrupts = null) =>
        new(fileSystem, new UnlinkedFiles(fileSystem), interrupts ?? new RequestInterrupts(), protocol ?? Protocol, options ?? Options, NullLogger.Instance);

    /// <summary>Hexadecimal digits, with spaces where they help to read.</summary>
    public static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    /// <summary>A request of inode 17 by user 1000, group 2000, process 3000.</summary>
    public static byte[] Request(int opcode, byte[] body)
    {
        var request = new byte[40 + body.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(request, (uint)request.Length);
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(4), opcode);
        BinaryPrimitives.WriteUInt64LittleEndian(request.AsSpan(8), Unique);
        BinaryPrimitives.WriteUInt64LittleEndian(request.AsSpan(16), Inode);
        BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(24), 1000);
        BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(28), 2000);
        BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(32), 3000);
        body.CopyTo(request.AsSpan(40));
        return request;
    }

    /// <summary>A reply's bytes: length, error, unique, payload.</summary>
    public static string Reply(string payload) => Header(16 + Bytes(payload).Length, 0) + Convert.ToHexString(Bytes(payload));

    public static string Reply(ZoneTierFS.Linux.Errno error) => Header(16, -(int)error);

    private static string Header(int length, int error)
    {
        var header = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), error);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), Unique);
        return Convert.ToHexString(header);
    }
}
