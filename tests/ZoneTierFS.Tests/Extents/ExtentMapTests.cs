using Xunit;
using ZoneTierFS.Engine.Extents;

namespace ZoneTierFS.Tests.Extents;

public sealed class ExtentMapTests : IDisposable
{
    private const int FileBlocks = 5 * PageMap.Blocks;

    private readonly ExtentWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_random_history_leaves_what_a_dictionary_holds(int seed)
    {
        var random = new Random(seed);
        var mapsMax = 0;
        for (var step = 0; step < 6000; step++)
        {
            // In turns single blocks are overwritten, and much is written and taken away, so that maps come and go.
            var isQuiet = step / 1000 % 2 == 0;
            var count = (uint)(isQuiet || random.Next(10) < 8 ? 1 : random.Next(1, random.Next(2) == 0 ? 20 : ExtentWorld.ZoneBlocks));
            var block = (ulong)random.Next(FileBlocks);
            if (random.Next(100) < (isQuiet ? 1 : 20)) _world.Remove(block, (ulong)random.Next(1, isQuiet ? 40 : 2 * PageMap.Blocks));
            else _world.Insert(new Extent(block, count, ExtentWorld.RandomPlace(random, count)));
            _world.AssertFound((ulong)random.Next(FileBlocks));
            if (step % 200 != 0) continue;
            _world.AssertWhole();
            mapsMax = Math.Max(mapsMax, _world.MapCount);
        }
        Assert.InRange(mapsMax, 2, 5);
        _world.Remove(0, ulong.MaxValue >> 1);
        _world.AssertWhole();
        Assert.Equal(0, _world.MapCount);
    }

    [Fact]
    public void A_chunk_that_is_overwritten_at_random_becomes_a_map_and_the_extent_around_it_stays()
    {
        _world.Insert(new Extent(100, 1000, new Location(0, 2, 0)));
        var random = new Random(5);
        for (var i = 0; i < PageMap.Blocks / 2; i++)
            _world.Insert(new Extent(512 + (ulong)random.Next(PageMap.Blocks - 30), 1, ExtentWorld.RandomPlace(random, 1)));
        Assert.Equal(1, _world.MapCount);
        _world.AssertWhole();
        Assert.Equal(1000, _world.Expected.Count);
    }

    [Fact]
    public void A_map_becomes_extents_again_where_one_write_covers_most_of_it()
    {
        Scramble(0);
        Assert.Equal(1, _world.MapCount);
        _world.Insert(new Extent(10, 480, new Location(1, 3, 0)));
        Assert.Equal(0, _world.MapCount);
        _world.AssertWhole();
    }

    [Fact]
    public void A_map_becomes_an_extent_again_where_its_blocks_are_moved_one_by_one()
    {
        Scramble(PageMap.Blocks);
        Assert.Equal(1, _world.MapCount);
        for (uint i = 0; i < PageMap.Blocks; i++) _world.Insert(new Extent(PageMap.Blocks + i, 1, new Location(1, 9, i)));
        Assert.Equal(0, _world.MapCount);
        _world.AssertWhole();
        Assert.True(_world.Expected.Count == PageMap.Blocks);
    }

    [Fact]
    public void A_map_that_loses_its_last_block_is_gone()
    {
        Scramble(0);
        _world.Remove(0, 300);
        _world.Remove(301, 1000);
        Assert.Equal(1, _world.MapCount);
        _world.Remove(300, 1);
        Assert.Equal(0, _world.MapCount);
        _world.AssertWhole();
        Assert.Empty(_world.Expected);
    }

    [Fact]
    public void A_file_overwritten_at_random_takes_at_most_8_bytes_of_memory_for_each_block()
    {
        const int chunks = 128;
        var before = _world.Pages.ResidentBytes;
        for (ulong chunk = 0; chunk < chunks; chunk += 2) _world.Insert(new Extent(chunk * PageMap.Blocks, 1024, new Location(0, 2 + (int)chunk / 4, 0)));
        var blocks = Enumerable.Range(0, chunks * PageMap.Blocks).ToArray();
        new Random(9).Shuffle(blocks);
        uint place = 0;
        foreach (var block in blocks)
        {
            _world.Insert(new Extent((ulong)block, 1, new Location(1, 2 + (int)(place / ExtentWorld.ZoneBlocks % 60), place % ExtentWorld.ZoneBlocks)));
            place++;
        }
        Assert.InRange((double)(_world.Pages.ResidentBytes - before) / blocks.Length, 5, 8);
        Assert.Equal(chunks, _world.MapCount);
        _world.AssertWhole();
    }

    private void Scramble(ulong chunk)
    {
        for (var i = PageMap.Blocks - 1; i >= 0; i--) _world.Insert(new Extent(chunk + (ulong)i, 1, new Location(0, 2 + i % 50, (uint)i)));
    }
}
