using System.Buffers.Binary;
using Xunit;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Tests.Format;

public sealed class JournalTests
{
    private static readonly Guid Volume = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    [Fact]
    public void The_bytes_are_as_specified()
    {
        const string expected =
            "5A544A42" + "CC0AABBF" + "87000000" + "04000000" + "0200000000000000" + "0300000000000000" + "07000000"
            + "00000000" + "0500000000000000" + "00000000000000000000000000000000"
            + "01" + "0101000000000000" + "0200000000000000" + "0300" + "AABBCC"
            + "02" + "0300000000000000" + "0400000000000000"
            + "03" + "0500000000000000" + "0600000000000000" + "0700000000000000" + "0800000000000000"
            + "04" + "0100" + "02000000" + "03000000" + "02000000" + "EFBEADDE" + "04030201"
            + "05" + "09000000"
            + "06" + "0A00000000000000"
            + "07" + "0B00000000000000" + "0002000000000000" + "0C00" + "0300" + "0504030201";
        using var writer = WriteSample();
        var batch = writer.Complete(Volume, 2, 3, 4, 5).ToArray();
        Assert.Equal(4096, batch.Length);
        Assert.Equal(expected, Convert.ToHexString(batch[..(expected.Length / 2)]));
        Assert.Equal(-1, batch.AsSpan(expected.Length / 2).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void What_is_written_is_read()
    {
        using var writer = WriteSample();
        var batch = writer.Complete(Volume, 2, 3, JournalBatchHeader.SharedFlush, 7).Span;
        Assert.True(JournalBatchHeader.TryRead(batch, Volume, out var header));
        Assert.Equal(new JournalBatchHeader(writer.PayloadLength, 1, 2, 3, 7, 7), header);
        Assert.Equal(
            [
                "Put 101:2 AABBCC", "Delete 3:4", "DeleteRange 5:6 7:8", "Checksums device 1 zone 2 block 3 EFBEADDE04030201", "NextZone 9", "NextInode 10",
                "MapRun b:200 12..15 4328719365",
            ],
            ReadAll(batch, header));
    }

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        using var writer = WriteSample();
        var batch = writer.Complete(Volume, 2, 3).ToArray();
        for (var bit = 0; bit < (JournalBatchHeader.Size + writer.PayloadLength) * 8; bit++)
        {
            batch[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(JournalBatchHeader.TryRead(batch, Volume, out _), $"bit {bit}");
            batch[bit / 8] ^= (byte)(1 << bit % 8);
        }
        Assert.True(JournalBatchHeader.TryRead(batch, Volume, out _));
    }

    [Fact]
    public void A_batch_of_another_volume_or_cut_short_does_not_verify()
    {
        using var writer = WriteSample();
        var batch = writer.Complete(Volume, 2, 3).Span;
        Assert.False(JournalBatchHeader.TryRead(batch, Guid.Empty, out _));
        Assert.False(JournalBatchHeader.TryRead(batch[..(JournalBatchHeader.Size + writer.PayloadLength - 1)], Volume, out _));
        Assert.False(JournalBatchHeader.TryRead(batch[..10], Volume, out _));
        Assert.False(JournalBatchHeader.TryRead([], Volume, out _));
    }

    [Fact]
    public void A_header_tells_how_much_to_read_but_never_too_much()
    {
        using var writer = WriteSample();
        for (var i = 0; i < 1000; i++)
            writer.Put(new ItemKey(1, (ulong)i), new byte[100]);
        var batch = writer.Complete(Volume, 2, 3).ToArray();
        Assert.True(JournalBatchHeader.TryPeek(batch.AsSpan(0, 4096), out var header));
        Assert.Equal(batch.Length, header.BatchLength);
        BinaryPrimitives.WriteInt32LittleEndian(batch.AsSpan(JournalBatchHeader.PayloadLengthOffset), JournalBatchHeader.PayloadBytesMax + 1);
        Assert.False(JournalBatchHeader.TryPeek(batch, out _));
        Assert.False(JournalBatchHeader.TryPeek(new byte[4096], out _));
    }

    [Fact]
    public void A_writer_grows_and_begins_again()
    {
        using var writer = new JournalWriter(1);
        var random = new Random(1);
        for (var round = 0; round < 3; round++)
        {
            writer.Clear();
            Assert.Equal(0, writer.PayloadLength);
            var expected = new List<string>();
            for (var i = 0; i < 2000; i++)
            {
                var value = new byte[random.Next(ItemTree.ValueBytesMax + 1)];
                random.NextBytes(value);
                writer.Put(new ItemKey((ulong)round, (ulong)i), value);
                expected.Add($"Put {round:x}:{i:x} {Convert.ToHexString(value)}");
            }
            var batch = writer.Complete(Volume, 2, 3).Span;
            Assert.Equal(0, batch.Length % 4096);
            Assert.True(JournalBatchHeader.TryRead(batch, Volume, out var header));
            Assert.Equal(expected, ReadAll(batch, header));
        }
    }

    [Fact]
    public void A_full_batch_takes_no_more()
    {
        using var writer = new JournalWriter();
        var checksums = new uint[1 << 20];
        for (var i = 0; i < 3; i++)
            writer.Checksums(new BlockAddress(0, 1, 2), checksums);
        Assert.Throws<InvalidOperationException>(() => writer.Checksums(new BlockAddress(0, 1, 2), checksums));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Put(default, new byte[ItemTree.ValueBytesMax + 1]));
        Assert.Equal(3, writer.MutationCount);
        Assert.True(JournalBatchHeader.TryRead(writer.Complete(Volume, 1, 1).Span, Volume, out _));
    }

    [Fact]
    public void A_senseless_payload_is_refused_and_never_read_beyond()
    {
        using var writer = WriteSample();
        var whole = writer.Complete(Volume, 2, 3).ToArray();
        var random = new Random(7);
        var refused = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var batch = whole.ToArray();
            for (var change = random.Next(4); change >= 0; change--)
                batch[JournalBatchHeader.Size + random.Next(writer.PayloadLength)] = (byte)(random.Next(2) == 0 ? random.Next(256) : random.Next(8));
            var header = new JournalBatchHeader(random.Next(writer.PayloadLength + 1), 0, 2, 3, random.Next(9));
            try
            {
                ReadAll(batch, header);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 40_000, 50_000);
    }

    private static JournalWriter WriteSample()
    {
        var writer = new JournalWriter();
        writer.Put(new ItemKey(0x101, 2), [0xAA, 0xBB, 0xCC]);
        writer.Delete(new ItemKey(3, 4));
        writer.DeleteRange(new ItemKey(5, 6), new ItemKey(7, 8));
        writer.Checksums(new BlockAddress(1, 2, 3), [0xDEADBEEF, 0x01020304]);
        writer.NextZone(9);
        writer.NextInode(10);
        writer.MapRun(new ItemKey(11, 512), 12, 3, 0x0102030405);
        return writer;
    }

    private static List<string> ReadAll(ReadOnlySpan<byte> batch, JournalBatchHeader header)
    {
        var all = new List<string>();
        var reader = new JournalReader(batch, header);
        while (reader.TryRead(out var mutation))
        {
            all.Add(mutation.Tag switch
            {
                JournalTag.Put => $"Put {mutation.Key} {Convert.ToHexString(mutation.Value)}",
                JournalTag.Delete => $"Delete {mutation.Key}",
                JournalTag.DeleteRange => $"DeleteRange {mutation.Key} {mutation.To}",
                JournalTag.Checksums => $"Checksums {mutation.Address} {Convert.ToHexString(mutation.Value)}",
                JournalTag.MapRun => $"MapRun {mutation.Key} {mutation.Entries} {mutation.Number}",
                _ => $"{mutation.Tag} {mutation.Number}",
            });
        }
        return all;
    }
}
