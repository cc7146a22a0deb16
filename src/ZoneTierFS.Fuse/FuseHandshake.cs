using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>The first words of a connection: the kernel's INIT and the answer. No other request comes before.</summary>
internal static class FuseHandshake
{
    /// <summary>The least that the kernel lets a server read with.</summary>
    private const int RequestBytes = 8192;

    public static FuseProtocol Run(FuseChannel channel, FuseOptions options)
    {
        using var memory = new AlignedMemory(RequestBytes);
        using var reply = new ReplyBuffer(Unsafe.SizeOf<FuseInitOut>());
        while (true)
        {
            var read = channel.Read(memory.GetSpan());
            if (!read.IsOk && read.Error is Errno.EINTR or Errno.EAGAIN or Errno.ENOENT)
                continue;
            if (!read.IsOk)
                throw new FuseMountException($"The kernel ended the connection before it began: {read.Error}.", read.Error);
            if (Answer(memory.GetSpan()[..read.Value], reply, channel, options) is { } agreed)
                return agreed;
        }
    }

    /// <returns>Null where the kernel, newer by a major version, will ask again with ours.</returns>
    private static FuseProtocol? Answer(ReadOnlySpan<byte> request, ReplyBuffer reply, FuseChannel channel, FuseOptions options)
    {
        if (!MemoryMarshal.TryRead(request, out FuseInHeader header) || header.Opcode != FuseOpcode.Init)
            throw new FuseMountException("The kernel's first request is not INIT.", Errno.EOPNOTSUPP);
        var understood = FuseProtocol.TryNegotiate(request[Unsafe.SizeOf<FuseInHeader>()..], options.AccessControlLists, out var answer, out var agreed);
        reply.Clear();
        reply.Append(answer);
        var written = channel.Write(reply.Seal(header.Unique, understood ? Errno.Ok : Errno.EOPNOTSUPP).Span);
        if (!understood)
        {
            var oldest = $"{FuseProtocol.Major}.{FuseProtocol.OldestMinor}";
            throw new FuseMountException($"This kernel's FUSE protocol is older than {oldest}; use Linux 3.15 or later.", Errno.EOPNOTSUPP);
        }
        return written == Errno.Ok ? agreed : throw new FuseMountException($"The kernel refused the answer to INIT: {written}.", written);
    }
}
