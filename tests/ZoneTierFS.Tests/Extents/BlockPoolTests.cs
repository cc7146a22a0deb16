using Xunit;
using ZoneTierFS.Engine.Extents;

namespace ZoneTierFS.Tests.Extents;

/// <summary>Where the blocks of waiting writes lie in memory.</summary>
public sealed unsafe class BlockPoolTests : IDisposable
{
    private const int BlockSize = 4096;
    private const int Blocks = 4 * BlockPool.SegmentBlocks;

    private readonly BlockPool _pool = new(Blocks * BlockSize);

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void Two_lines_of_blocks_that_grow_in_turn_each_lie_one_behind_the_other()
    {
        byte* first = Take(null), second = Take(null);
        var (one, other) = ((nint)first, (nint)second);
        for (var i = 1; i < BlockPool.SegmentBlocks; i++)
        {
            first = Take(first);
            second = Take(second);
            Assert.Equal(one + (nint)i * BlockSize, (nint)first);
            Assert.Equal(other + (nint)i * BlockSize, (nint)second);
        }
    }

    [Fact]
    public void Every_block_is_given_out_once_and_again_after_its_return()
    {
        for (var round = 0; round < 2; round++)
        {
            var taken = new Dictionary<ulong, nint>();
            byte* last = null;
            for (var i = 0; i < Blocks; i++)
            {
                last = Take(i % 3 == 0 ? null : last);
                taken.Add((ulong)i, (nint)last);
                Assert.InRange(_pool.PlaceOf((nint)last), 0, Blocks - 1);
            }
            Assert.Equal(Blocks, taken.Values.Distinct().Count());
            _pool.Return(taken.Values, []);
        }
    }

    [Fact]
    public void A_burst_gives_its_memory_back_when_nothing_waits_any_more()
    {
        const int burst = (32 << 20) / BlockSize;
        using var pool = new BlockPool(burst * (long)BlockSize);
        var taken = new nint[burst];
        pool.Take(0, taken);
        foreach (var block in taken) new Span<byte>((byte*)block, BlockSize).Fill(7);
        pool.Return(new Dictionary<ulong, nint>().Values, taken);
        // Discarded memory reads as zeros; what is kept for the next writes does not.
        Assert.Equal(7, *(byte*)taken.MinBy(pool.PlaceOf));
        Assert.Equal(0, *(byte*)taken.MaxBy(pool.PlaceOf));
        pool.Take(0, taken);
        Assert.Equal(burst, taken.Distinct().Count());
        pool.Return(new Dictionary<ulong, nint>().Values, taken);
    }

    [Fact]
    public void Beyond_the_range_blocks_come_from_the_heap_and_are_never_neighbours()
    {
        var taken = new Dictionary<ulong, nint>();
        byte* last = null;
        for (var i = 0; i < Blocks + 10; i++)
        {
            last = Take(last);
            taken.Add((ulong)i, (nint)last);
            new Span<byte>(last, BlockSize).Fill((byte)i);
        }
        Assert.Equal(-1, _pool.PlaceOf((nint)last));
        Assert.Equal(Blocks + 10, taken.Values.Distinct().Count());
        foreach (var (index, block) in taken) Assert.Equal(-1, new Span<byte>((byte*)block, BlockSize).IndexOfAnyExcept((byte)index));
        _pool.Return(taken.Values, []);
        Assert.Equal(0, _pool.PlaceOf((nint)Take(null)));
    }

    [Fact]
    public void The_lowest_free_segment_is_taken_first_so_that_few_pages_are_ever_touched()
    {
        byte* first = Take(null), second = Take(null);
        _pool.Return((nint)first);
        Assert.NotEqual((nint)first, (nint)second);
        Assert.Equal((nint)first, (nint)Take(null));
    }

    [Fact]
    public void A_slice_shows_the_bytes_of_its_blocks()
    {
        var first = Take(null);
        var second = Take(first);
        new Span<byte>(first, BlockSize).Fill(1);
        new Span<byte>(second, BlockSize).Fill(2);
        var bytes = _pool.Slice(_pool.PlaceOf((nint)first), 2).Span;
        Assert.Equal(2 * BlockSize, bytes.Length);
        Assert.Equal(BlockSize, bytes.IndexOf((byte)2));
    }

    [Fact]
    public void Blocks_taken_at_once_lie_one_behind_the_other()
    {
        var blocks = new nint[10];
        _pool.Take((nint)Take(null), blocks);
        Assert.Equal(Enumerable.Range(1, 10), blocks.Select(_pool.PlaceOf));
    }

    private byte* Take(byte* after)
    {
        nint block = 0;
        _pool.Take((nint)after, new Span<nint>(ref block));
        return (byte*)block;
    }
}
