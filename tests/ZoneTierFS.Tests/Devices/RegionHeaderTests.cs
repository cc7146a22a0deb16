using Xunit;
using ZoneTierFS.Devices;

namespace ZoneTierFS.Tests.Devices;

/// <summary>Holds the header to the bytes that the devices' README specifies: images made by one version must open in every later one.</summary>
public sealed class RegionHeaderTests
{
    private static readonly RegionHeader Header = new(new Guid("00112233-4455-6677-8899-aabbccddeeff"), OddGeometry.Value);

    [Fact]
    public void Its_bytes_are_as_specified()
    {
        var bytes = Encode();
        Assert.Equal("ZTFSZONE"u8, bytes.AsSpan(0, 8));
        Assert.Equal("01000000", Hex(bytes, 8, 4));
        Assert.Equal("00112233445566778899AABBCCDDEEFF", Hex(bytes, 16, 16));
        Assert.Equal("83000000" + "00100000", Hex(bytes, 32, 8));
        Assert.Equal("0030100000000000" + "00D00E0000000000", Hex(bytes, 40, 16));
        Assert.Equal("05000000" + "06000000" + "00300100" + "04000000", Hex(bytes, 56, 16));
        Assert.Equal("0020000000000000" + "0000100000000000", Hex(bytes, 72, 16));
        Assert.False(bytes.AsSpan(88).ContainsAnyExcept((byte)0));
        var unsummed = (byte[])bytes.Clone();
        unsummed.AsSpan(12, 4).Clear();
        Assert.Equal(Crc32C.Compute(unsummed), BitConverter.ToUInt32(bytes, 12));
    }

    [Fact]
    public void It_decodes_to_what_was_encoded()
    {
        Assert.Equal(RegionContent.Image, RegionHeader.Decode(Encode(), out var header));
        Assert.Equal(Header, header);
        Assert.Equal((1 << 20) + 131L * 259 * 4096, header!.ImageLength);
    }

    /// <summary>A length that wraps would pass for that of any file.</summary>
    [Theory]
    [InlineData(0x7FFF_FFFF_FFFF_F000)]
    [InlineData(0x4000_0000_0000_0000)]
    [InlineData(-4096)]
    public void Zones_beyond_the_end_of_numbers_are_damage(long dataOffset)
    {
        var bytes = Encode();
        BitConverter.GetBytes(dataOffset).CopyTo(bytes, 80);
        bytes.AsSpan(12, 4).Clear();
        BitConverter.GetBytes(Crc32C.Compute(bytes.AsSpan(0, RegionHeader.Size))).CopyTo(bytes, 12);
        Assert.Equal(RegionContent.DamagedImage, RegionHeader.Decode(bytes, out _));
    }

    [Fact]
    public void Any_changed_byte_is_noticed()
    {
        for (var at = 0; at < RegionHeader.Size; at += at < 96 ? 1 : 97)
        {
            var bytes = Encode();
            bytes[at] ^= 0x10;
            Assert.NotEqual(RegionContent.Image, RegionHeader.Decode(bytes, out _));
        }
    }

    private static byte[] Encode()
    {
        var bytes = new byte[RegionHeader.Size];
        Header.Encode(bytes);
        return bytes;
    }

    private static string Hex(byte[] bytes, int at, int count) => Convert.ToHexString(bytes, at, count);
}
