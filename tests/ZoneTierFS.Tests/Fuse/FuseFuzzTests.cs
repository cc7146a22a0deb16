using System.Buffers.Binary;
using Xunit;
using ZoneTierFS.Fuse;
using static ZoneTierFS.Tests.Fuse.FuseMessages;

namespace ZoneTierFS.Tests.Fuse;

/// <summary>Random and damaged requests: whatever comes, the dispatcher answers in the protocol's form and nothing is thrown.</summary>
public sealed class FuseFuzzTests
{
    private const int Requests = 100_000;
    private const string Zeros64 = "0000000000000000 0000000000000000 0000000000000000 0000000000000000" +
        "0000000000000000 0000000000000000 0000000000000000 0000000000000000";

    /// <summary>One body that is right for each of the opcodes that have arguments; what is damaged is mostly one of these.</summary>
    private static readonly (int Opcode, string Body)[] Seeds =
    [
        (1, "61626300"),
        (2, "0100000000000000"),
        (4, "7F000000 00000000 4D00000000000000 0700000000000000" + Zeros64),
        (6, "6100 746F00"),
        (8, "A4110000 03010000 12000000 00000000 6100"),
        (9, "ED010000 12000000 6100"),
        (10, "6100"),
        (12, "6300000000000000 6100 6200"),
        (13, "6300000000000000 6100"),
        (14, "02800000 00000000"),
        (15, "4D00000000000000 0010000000000000 00100000 00000000 0000000000000000 00800000 00000000"),
        (16, "4D00000000000000 0010000000000000 03000000 00000000 0000000000000000 00000000 00000000 616263"),
        (18, "4D00000000000000 00800000 00000000 0000000000000000"),
        (20, "4D00000000000000 01000000 00000000"),
        (21, "03000000 01000000 00000000 00000000 757365722E6100 616263"),
        (22, "40000000 00000000 757365722E6100"),
        (23, "40000000 00000000"),
        (24, "757365722E6100"),
        (25, "4D00000000000000 00000000 00000000 0000000000000000"),
        (28, "0000000000000000 0000000000000000 00100000 00000000 0000000000000000 00000000 00000000"),
        (30, "0000000000000000 01000000 00000000"),
        (35, "C2800000 A4810000 12000000 00000000 6100"),
        (42, "02000000 00000000 2B00000000000000 0100000000000000 2A00000000000000 0100000000000000"),
        (43, "4D00000000000000 0010000000000000 0020000000000000 03000000 00000000"),
        (44, "0000000000000000 0000000000000000 00100000 00000000 0000000000000000 00000000 00000000"),
        (45, "6300000000000000 01000000 00000000 6100 6200"),
        (36, "2200000000000000"),
        (39, "4D00000000000000 00000000 01660880 0000000000000000 00000000 04000000"),
        (39, "4D00000000000000 00000000 20581C40 0000000000000000 1C000000 00000000 08000000 00000000 00000000 00000000 00000000 0000000000000000"),
        (46, "4D00000000000000 0010000000000000 03000000 00000000"),
        (47, "4D00000000000000 0010000000000000 2B00000000000000 4F00000000000000 0020000000000000 0000000100000000 0000000000000000"),
        (51, "02804000 A4810000 12000000 00000000 2F00"),
        (53, "4D00000000000000 0010000000000000 2B00000000000000 4F00000000000000 0020000000000000 0000000100000000 0000000000000000"),
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
