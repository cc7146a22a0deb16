using System.Buffers.Binary;
using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Format;

namespace ZoneTierFS.Tests.Format;

public sealed class SuperblockTests
{
    private static readonly Superblock Sample = new()
    {
        Uuid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        DeviceIndex = 1,
        DeviceCount = 2,
        Tier = "qlc",
        ZoneCount = 0x1234,
        ZoneSize = 64 << 20,
        ZoneCapacity = 48 << 20,
        Generation = 0x0102030405060708,
        CheckpointRoot = new BlockAddress(0, 7, 0x99),
        SecondRoot = new BlockAddress(1, 8, 0x77),
        Clean = true,
        MountEpoch = 3,
    };

    [Fact]
    public void What_is_written_is_read()
    {
        Assert.Equal(Sample, Read(Write(Sample)));
        var early = Sample with { CheckpointRoot = null, Clean = false, Tier = "sixteen-bytes-ab", DeviceIndex = 0 };
        Assert.Equal(early, Read(Write(early)));
        var saved = Sample with { CheckpointRoot = null, WithoutFirst = true };
        Assert.Equal(saved, Read(Write(saved)));
    }

    [Fact]
    public void The_bytes_are_as_specified()
    {
        var block = Write(Sample);
        const string expected =
            "5A54465353555052" + "5DEF2242" + "02000000" + "0000000000000000" + "00112233445566778899AABBCCDDEEFF" + "0100" + "0200" + "01" + "01" + "0000"
            + "07000000" + "99000000" + "34120000" + "00000000" + "716C6300000000000000000000000000" + "0000000400000000" + "0000000300000000"
            + "0807060504030201" + "0300000000000000" + "01" + "00" + "0100" + "08000000" + "77000000";
        Assert.Equal(expected, Convert.ToHexString(block[..124]));
        Assert.Equal(-1, block.AsSpan(124).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        var block = Write(Sample);
        for (var bit = 0; bit < block.Length * 8; bit++)
        {
            block[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(Superblock.TryRead(block, out var superblock, out var problem));
            Assert.Null(superblock);
            Assert.Equal(bit < 64 ? SuperblockProblem.NotSuperblock : SuperblockProblem.Damaged, problem);
            block[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    [Fact]
    public void Zeros_are_no_superblock()
    {
        Assert.False(Superblock.TryRead(new byte[Superblock.Size], out _, out var problem));
        Assert.Equal(SuperblockProblem.NotSuperblock, problem);
    }

    [Theory]
    [InlineData(Superblock.FormatVersionOffset, 3)]
    [InlineData(Superblock.IncompatibleFeaturesOffset, 1)]
    [InlineData(Superblock.IncompatibleFeaturesOffset + 7, 0x80)]
    public void What_a_newer_version_wrote_is_called_newer(int offset, byte value)
    {
        var block = Write(Sample);
        block[offset] = value;
        Assert.Equal(SuperblockProblem.Newer, ProblemOfResealed(block));
        Assert.Equal(offset == Superblock.FormatVersionOffset ? 3u : 2u, Superblock.VersionOf(block));
    }

    [Theory]
    [InlineData(Superblock.DeviceIndexOffset)]
    [InlineData(Superblock.RootDeviceOffset)]
    [InlineData(Superblock.SecondRootDeviceOffset)]
    [InlineData(Superblock.ZoneCapacityOffset + 4)]
    [InlineData(Superblock.ZoneSizeOffset + 7)]
    public void Whole_but_senseless_is_damaged(int offset)
    {
        var block = Write(Sample);
        block[offset] = 0xFF;
        Assert.Equal(SuperblockProblem.Damaged, ProblemOfResealed(block));
    }

    [Fact]
    public void What_could_not_be_read_back_is_not_written()
    {
        Assert.Throws<InvalidOperationException>(() => Write(Sample with { DeviceIndex = 2 }));
        Assert.Throws<InvalidOperationException>(() => Write(Sample with { ZoneCapacity = 65 << 20 }));
        Assert.Throws<InvalidOperationException>(() => Write(Sample with { Tier = "seventeen bytes é" }));
    }

    private static byte[] Write(Superblock superblock)
    {
        var block = new byte[Superblock.Size];
        superblock.Write(block);
        return block;
    }

    private static Superblock? Read(byte[] block)
    {
        Assert.True(Superblock.TryRead(block, out var superblock, out var problem), problem.ToString());
        return superblock;
    }

    private static SuperblockProblem ProblemOfResealed(byte[] block)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(Superblock.CrcOffset), Crc32C.Compute(block.AsSpan(Superblock.FormatVersionOffset)));
        Assert.False(Superblock.TryRead(block, out _, out var problem));
        return problem;
    }
}
