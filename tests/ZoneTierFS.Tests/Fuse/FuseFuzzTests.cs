using System.Buffers.Binary;
using Xunit;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Fuzz;
using static ZoneTierFS.Tests.Fuse.FuseMessages;

namespace ZoneTierFS.Tests.Fuse;

/// <summary>Right and damaged requests by the hundred thousand: whatever comes, it is answered in the protocol's form and nothing is thrown.</summary>
public sealed class FuseFuzzTests
{
    private const int DecoderRequests = 80_000;
    private const int VolumeRequests = 20_000;
    private const int Seed = 20240607;

    [Fact]
    public async Task The_decoder_takes_anything()
    {
        await using var target = new NullTarget();
        var episode = new Episode(target, Seed);
        await episode.RunAsync(DecoderRequests);
        Assert.InRange(episode.Sent, DecoderRequests, DecoderRequests + 100);
    }

    [Fact]
    public async Task A_volume_takes_anything_and_is_sound_after_it()
    {
        await using var target = await VolumeTarget.CreateAsync();
        var episode = new Episode(target, Seed);
        await episode.RunAsync(VolumeRequests);
        // Requests that are all refused would try nothing: each kind must have got through.
        FuseOpcode[] unserved = [FuseOpcode.Init, FuseOpcode.Interrupt, FuseOpcode.Forget, FuseOpcode.BatchForget];
        Assert.All(Enum.GetValues<FuseOpcode>().Except(unserved), opcode => Assert.NotEqual(0, episode.ServedBy[(int)opcode]));
    }

    [Fact]
    public async Task The_same_seed_makes_the_same_requests()
    {
        await using var first = new NullTarget();
        await using var second = new NullTarget();
        var (one, other) = (new Episode(first, Seed), new Episode(second, Seed));
        await one.RunAsync(1000);
        await other.RunAsync(1000);
        Assert.Equal(one.LastRequest.ToArray(), other.LastRequest.ToArray());
        Assert.Equal(one.ServedBy, other.ServedBy);
    }

    [Theory]
    [InlineData("10000000 00000000 2200000000000000", null)]
    [InlineData("10000000 FEFFFFFF 2200000000000000", null)]
    [InlineData("", "no reply")]
    [InlineData("18000000 00000000 2200000000000000", "another length")]
    [InlineData("10000000 00000000 2300000000000000", "another request")]
    [InlineData("10000000 18FCFFFF 2200000000000000", "no errno")]
    [InlineData("10000000 02000000 2200000000000000", "no errno")]
    [InlineData("18000000 FEFFFFFF 2200000000000000 0000000000000000", "payload")]
    [InlineData("18000000 00000000 2200000000000000 0000000000000000", "payload")]
    public void A_reply_that_the_kernel_would_refuse_is_found(string reply, string? problem)
    {
        var violation = ReplyRules.Violation(Request((int)FuseOpcode.Unlink, Bytes("6100")), Bytes(reply));
        if (problem is null)
            Assert.Null(violation);
        else
            Assert.Contains(problem, violation, StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_was_asked_for_is_found()
    {
        var request = Request((int)FuseOpcode.Read, Bytes("4D00000000000000 0000000000000000 04000000 00000000 0000000000000000 00000000 00000000"));
        Assert.Null(ReplyRules.Violation(request, Reply(4)));
        Assert.NotNull(ReplyRules.Violation(request, Reply(5)));
        Assert.NotNull(ReplyRules.Violation(Request((int)FuseOpcode.Forget, Bytes("0100000000000000")), Reply(0)));
    }

    private static byte[] Reply(int payload)
    {
        var reply = new byte[16 + payload];
        BinaryPrimitives.WriteInt32LittleEndian(reply, reply.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(reply.AsSpan(8), Unique);
        return reply;
    }
}
