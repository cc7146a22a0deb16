using Xunit;
using ZoneTierFS.Engine.Extents;

namespace ZoneTierFS.Tests.Extents;

/// <summary>The written blocks of a file that wait.</summary>
public sealed class WriteBufferTests : IDisposable
{
    private readonly BlockPool _pool = new(1 << 20);
    private readonly WriteBuffer _buffer;

    public WriteBufferTests() => _buffer = new WriteBuffer(_pool);

    public void Dispose()
    {
        _buffer.Dispose();
        _pool.Dispose();
    }

    [Fact]
    public void Blocks_written_in_sequence_are_appended_as_they_are()
    {
        for (ulong block = 100; block < 200; block++) Hold(_buffer, block, (byte)block);
        Hold(_buffer, 150, 1); // once more, in its place
        var line = _buffer.LineUp();
        Assert.Equal(Enumerable.Range(100, 100).Select(block => (ulong)block), line.Select(held => held.Block));
        var bytes = _buffer.Slice(line[0], 100).Span;
        for (var i = 0; i < 100; i++) Assert.Equal(-1, bytes.Slice(i * 4096, 4096).IndexOfAnyExcept((byte)(i == 50 ? 1 : 100 + i)));
    }

    [Fact]
    public void Scattered_blocks_keep_the_order_in_which_they_were_written()
    {
        ulong[] blocks = [900, 5, 70, 33, 1200, 8, 61, 40, 2000, 11, 3000, 17, 19, 23, 29, 31, 37, 41];
        foreach (var block in blocks) Hold(_buffer, block, (byte)block);
        Assert.Equal(blocks, _buffer.LineUp().Select(held => held.Block));
    }

    [Fact]
    public void Small_pieces_that_come_to_lie_together_in_the_file_are_put_into_its_order()
    {
        for (ulong i = 0; i < 64; i++) Hold(_buffer, i * 37 % 64, (byte)i); // every block of 64, shuffled
        Assert.Equal(Enumerable.Range(0, 64).Select(block => (ulong)block), _buffer.LineUp().Select(held => held.Block));
    }

    [Theory]
    [InlineData(0, 1000, 10)]
    [InlineData(11, 1000, 20)]
    [InlineData(11, 15, 15)]
    [InlineData(20, 21, 20)]
    [InlineData(31, ulong.MaxValue, ulong.MaxValue)]
    [InlineData(0, ulong.MaxValue, 10)]
    public void The_next_held_block_is_found_in_short_ranges_and_long_ones(ulong from, ulong end, ulong expected)
    {
        foreach (ulong block in new[] { 30, 10, 20 }) Hold(_buffer, block, 1);
        Assert.Equal(expected, _buffer.NextHeld(from, end));
    }

    [Fact]
    public void Dropped_blocks_are_gone_and_their_memory_is_used_again()
    {
        for (ulong block = 0; block < 256; block++) Hold(_buffer, block, (byte)block);
        Assert.Equal(100, _buffer.Drop(50, 150));
        Assert.Equal(156, _buffer.Blocks);
        Assert.False(_buffer.Has(50) || _buffer.Has(149));
        Assert.True(_buffer.Has(49) && _buffer.Has(150));
        for (ulong block = 1000; block < 1100; block++) Hold(_buffer, block, (byte)block);
        var line = _buffer.LineUp();
        Assert.Equal(256, line.Count);
        Assert.All(line, held => Assert.False(_buffer.Slice(held, 1).IsEmpty)); // all in the one segment that there is
        foreach (var held in line) Assert.Equal(-1, _buffer.Block(held.Block).IndexOfAnyExcept((byte)held.Block));
    }

    [Fact]
    public void What_a_failed_write_back_held_comes_back_under_what_was_written_since()
    {
        using var older = new WriteBuffer(_pool);
        foreach (ulong block in new[] { 1, 2, 3 }) Hold(older, block, 0xA0);
        foreach (ulong block in new[] { 3, 4 }) Hold(_buffer, block, 0xB0);
        Assert.Equal(1, _buffer.TakeOver(older));
        Assert.Equal((4, 1), (_buffer.Blocks, older.Blocks));
        Assert.Equal((0xA0, 0xA0, 0xB0, 0xB0), (_buffer.Block(1)[0], _buffer.Block(2)[0], _buffer.Block(3)[0], _buffer.Block(4)[0]));
        older.Clear();
        Assert.Equal((0xA0, 0xB0), (_buffer.Block(1)[4095], _buffer.Block(3)[4095]));
    }

    private static void Hold(WriteBuffer buffer, ulong block, byte fill) => buffer.Hold(block).Fill(fill);
}
