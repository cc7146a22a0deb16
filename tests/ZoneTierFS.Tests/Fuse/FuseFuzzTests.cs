using System.Buffers.Binary;
using Xunit;
using ZoneTierFS.Fuse;
using static ZoneTierFS.Tests.Fuse.FuseMessages;

namespace ZoneTierFS.Tests.Fuse;

/// <summary>Random and damaged requests: whatever comes, the dispatcher answers in the protocol's form and nothing is thrown.</summary>
public sealed class FuseFuzzTests
{
    private const int Requests = 100_000;

    /// <summary>One body that is right for each of the opcodes that have arguments; what is damaged is mostly one of these.</summary>
    private static readonly (int Opcode, string Body)[] Seeds =
    [
        (1, "61626300"), (2, "0100000000000000"), (4, "7F000000" + "0000000000000000000000000000000000000000000000000000000000000000"), (6, "6100746F00"),
        (8, "A41100000301000012000000000000006100"), (9, "ED010000120000006100"), (10, "6100"), (12, "630000000000000061006200"), (13, "63000000000000006100"),
        (14, "0280000000000000"), (15, "4D0000000000000000100000000000000010000000000000000000000000000000800000 00000000"),
        (16, "4D000000000000000010000000000000030000000000000000000000000000000000000000000000616263"), (18, "4D0000000000000000800000000000000000000000000000"),
        (20, "4D000000000000000100000000000000"), (21, "03000000010000000000000000000000757365722E6100616263"), (22, "4000000000000000757365722E6100"),
        (23, "4000000000000000"), (24, "757365722E6100"), (28, "0000000000000000000000000000000000100000000000000000000000000000 0000000000000000"),
        (35, "C2800000A481000012000000000000006100"), (42, "02000000000000002B0000000000000001000000000000002A000000000000000100000000000000"),
        (43, "4D000000000000000010000000000000002000000000000003000000 00000000"), (44, "0000000000000000000000000000000000100000000000000000000000000000 0000000000000000"),
        (45, "6300000000000000010000000000000061006200"), (46, "4D00000000000000001000000000000003000000 00000000"),
    ];

    [Fact]
    public void Nothing_is_thrown_and_every_reply_is_well_formed()
    {
        var random = new Random(20240607);
        var bugs = new List<Exception>();
        using var dispatcher = Dispatcher(new NullFileSystem(), new FuseOptions { OnBug = bugs.Add });
        for (var round = 0; round < Requests; round++)
        {
            var request = random.Next(4) == 0 ? Noise(random) : Damaged(random);
            var reply = dispatcher.Dispatch(request).Span;
            Assert.Empty(bugs);
            if (reply.IsEmpty)
                continue;
            Assert.Equal(reply.Length, BinaryPrimitives.ReadInt32LittleEndian(reply));
            Assert.InRange(BinaryPrimitives.ReadInt32LittleEndian(reply[4..]), -133, 0);
            Assert.Equal(BinaryPrimitives.ReadUInt64LittleEndian(request.AsSpan(8)), BinaryPrimitives.ReadUInt64LittleEndian(reply[8..]));
        }
    }

    private static byte[] Noise(Random random)
    {
        var request = new byte[random.Next(200)];
        random.NextBytes(request);
        if (request.Length >= 8 && random.Next(8) != 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
            BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(4), random.Next(60));
        }
        if (request.Length >= 40 && random.Next(2) == 0)
            request.AsSpan(36, 4).Clear();
        return request;
    }

    private static byte[] Damaged(Random random)
    {
        var (opcode, body) = Seeds[random.Next(Seeds.Length)];
        var request = Request(opcode, Bytes(body));
        for (var changes = random.Next(6); changes > 0; changes--)
            request[random.Next(request.Length)] = (byte)random.Next(256);
        if (random.Next(3) != 0)
            return request;
        var cut = request[..random.Next(request.Length + 1)];
        if (cut.Length >= 4 && random.Next(2) == 0)
            BinaryPrimitives.WriteInt32LittleEndian(cut, cut.Length);
        return cut;
    }
}
