using System.Text;
using Xunit;
using ZoneTierFS.Devices;

namespace ZoneTierFS.Tests.Devices;

public sealed class Crc32CTests
{
    public static TheoryData<byte[], uint> KnownVectors => new()
    {
        { [], 0 },
        { Encoding.ASCII.GetBytes("a"), 0xC1D04330 },
        { Encoding.ASCII.GetBytes("123456789"), 0xE3069283 },
        // RFC 3720, appendix B.4.
        { new byte[32], 0x8A9136AA },
        { Enumerable.Repeat((byte)0xFF, 32).ToArray(), 0x62A8AB43 },
        { Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), 0x46DD794E },
        { Enumerable.Range(0, 32).Select(i => (byte)(31 - i)).ToArray(), 0x113FDB5C },
    };

    [Theory]
    [MemberData(nameof(KnownVectors))]
    public void Known_vectors(byte[] data, uint expected) => Assert.Equal(expected, Crc32C.Compute(data));

    [Fact]
    public void A_seed_continues_the_checksum_at_any_split()
    {
        var data = RandomBytes(301, seed: 1);
        var whole = Crc32C.Compute(data);
        for (var split = 0; split <= data.Length; split++)
            Assert.Equal(whole, Crc32C.Compute(data.AsSpan(split), Crc32C.Compute(data.AsSpan(0, split))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(16)]
    public void Blocks_match_the_single_checksum(int blocks)
    {
        var data = RandomBytes(blocks * Crc32C.BlockSize, seed: blocks);
        var checksums = new uint[blocks];
        Crc32C.ComputeBlocks(data, checksums);
        for (var i = 0; i < blocks; i++)
            Assert.Equal(Crc32C.Compute(data.AsSpan(i * Crc32C.BlockSize, Crc32C.BlockSize)), checksums[i]);
    }

    [Fact]
    public void Blocks_refuse_lengths_that_do_not_match()
    {
        Assert.Throws<ArgumentException>(() => Crc32C.ComputeBlocks(new byte[4097], new uint[1]));
        Assert.Throws<ArgumentException>(() => Crc32C.ComputeBlocks(new byte[8192], new uint[1]));
        Assert.Throws<ArgumentException>(() => Crc32C.ComputeBlocks(new byte[4096], new uint[2]));
    }

    private static byte[] RandomBytes(int length, int seed)
    {
        var data = new byte[length];
        new Random(seed).NextBytes(data);
        return data;
    }
}
