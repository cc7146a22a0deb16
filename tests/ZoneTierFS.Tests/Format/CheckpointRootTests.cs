using System.Buffers.Binary;
using Xunit;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Tests.Format;

public sealed class CheckpointRootTests
{
    private static readonly Guid Volume = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 1)]
    [InlineData(CheckpointRoot.AddressesMax - 5, 5)]
    public void What_is_written_is_read(int treeTables, int checksumTables)
    {
        var written = Sample(treeTables, checksumTables);
        Assert.True(CheckpointRoot.TryRead(Write(written), Volume, out var read, out var problem), problem);
        Assert.Equal(written.TreeTable, read.TreeTable);
        Assert.Equal(written.ChecksumTable, read.ChecksumTable);
        Assert.Equal(written, read with { TreeTable = written.TreeTable, ChecksumTable = written.ChecksumTable });
    }

    [Fact]
    public void The_bytes_are_as_specified()
    {
        const string expected =
            "0AAB65FF" + "5A545047" + "0500" + "0000" + "00000000" + "0900000000000000" + "00112233445566778899AABBCCDDEEFF"
            + "0010000000000000" + "2A00000000000000" + "03000000" + "0A000000" + "0B000000" + "02000000" + "01000000"
            + "04000000" + "05000000" + "00000000" + "0600000000000000" + "0700000000000000" + "000000000000000000000000000000000000000000000000"
            + "6400000000000000" + "6500000001000000" + "C800000000000000" + "00000000";
        Assert.Equal(expected, Convert.ToHexString(Write(Sample(2, 1))[..156]));
    }

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        var page = Write(Sample(2, 1));
        for (var bit = 0; bit < page.Length * 8; bit++)
        {
            page[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(CheckpointRoot.TryRead(page, Volume, out _, out var problem));
            Assert.NotEmpty(problem);
            page[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    [Fact]
    public void A_root_of_another_volume_is_refused()
    {
        Assert.False(CheckpointRoot.TryRead(Write(Sample(1, 1)), Guid.Empty, out _, out var problem));
        Assert.Contains(Volume.ToString(), problem, StringComparison.Ordinal);
    }

    [Fact]
    public void More_table_pages_than_fit_are_refused() =>
        Assert.Throws<InvalidOperationException>(() => Write(Sample(CheckpointRoot.AddressesMax, 1)));

    [Theory]
    [InlineData(CheckpointRoot.TreeTableCountOffset, 0xFFFFFFFF)]
    [InlineData(CheckpointRoot.ChecksumTableCountOffset, CheckpointRoot.AddressesMax)]
    [InlineData(CheckpointRoot.TreeRootOffset, 10)]
    public void Whole_but_senseless_is_refused(int offset, uint value)
    {
        var page = Write(Sample(2, 1));
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(offset), value);
        PageFormat.Seal(page, PageKind.CheckpointRoot, 0, 9);
        Assert.False(CheckpointRoot.TryRead(page, Volume, out _, out _));
    }

    private static byte[] Write(CheckpointRoot root)
    {
        var page = new byte[PageFormat.Size];
        root.Write(page);
        return page;
    }

    private static CheckpointRoot Sample(int treeTables, int checksumTables) => new()
    {
        Uuid = Volume,
        Generation = 9,
        Journal = new JournalPosition(4, 5, 6, 7),
        NextInode = 4096,
        TreeRoot = 3,
        TreeItemCount = 42,
        TreePageCount = 10,
        ChecksumPageCount = 11,
        TreeTable = [.. Enumerable.Range(0, treeTables).Select(i => new PageAddress(100 + (uint)i, (uint)i))],
        ChecksumTable = [.. Enumerable.Range(0, checksumTables).Select(i => new PageAddress(200 + (uint)i, (uint)i))],
    };
}
