using Xunit;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Tests.Metadata;

/// <summary>Long random histories against a sorted dictionary: whatever the order of keys and the sizes of values, both tell the same.</summary>
public sealed class ItemTreePropertyTests
{
    private const int Operations = 100_000;

    public enum KeyOrder
    {
        Random,
        Ascending,
        Descending,
        Streams,
    }

    public enum Sizes
    {
        Extents,
        Small,
        Any,
        Extreme,
    }

    [Theory]
    [InlineData(1, KeyOrder.Random, Sizes.Extents, 30)]
    [InlineData(2, KeyOrder.Random, Sizes.Small, 45)]
    [InlineData(3, KeyOrder.Random, Sizes.Any, 30)]
    [InlineData(4, KeyOrder.Random, Sizes.Extreme, 48)]
    [InlineData(5, KeyOrder.Ascending, Sizes.Extents, 10)]
    [InlineData(6, KeyOrder.Ascending, Sizes.Extreme, 30)]
    [InlineData(7, KeyOrder.Descending, Sizes.Small, 10)]
    [InlineData(8, KeyOrder.Descending, Sizes.Extreme, 40)]
    [InlineData(9, KeyOrder.Streams, Sizes.Extents, 5)]
    [InlineData(10, KeyOrder.Streams, Sizes.Any, 40)]
    [InlineData(11, KeyOrder.Random, Sizes.Any, 70)]
    [InlineData(12, KeyOrder.Streams, Sizes.Extreme, 60)]
    public void A_random_history_leaves_what_a_dictionary_holds(int seed, KeyOrder order, Sizes sizes, int deletePercent)
    {
        var random = new Random(seed);
        using var model = new TreeModel();
        for (var i = 0; i < Operations; i++)
        {
            var key = NextKey(random, order, i);
            var dice = random.Next(100);
            if (dice < deletePercent)
                model.Delete(order == KeyOrder.Random ? key : NextKey(random, order, random.Next(i + 1)));
            else if (dice < 96)
                model.Put(key, NextLength(random, sizes));
            else
                model.CheckGet(key);
            if (i % 5000 == 777)
                model.DeleteRange(key, key with { Low = key.Low + (ulong)random.Next(3000) });
            if (i % 20_000 == 9_999)
                model.CheckAll(random);
        }
        model.CheckAll(random);
    }

    [Theory]
    [InlineData(21, Sizes.Any)]
    [InlineData(22, Sizes.Extents)]
    public void A_checkpoint_read_back_is_the_same_tree(int seed, Sizes sizes)
    {
        var random = new Random(seed);
        var media = new Dictionary<PageAddress, byte[]>();
        using var model = new TreeModel();
        for (ulong generation = 1; generation <= 8; generation++)
        {
            var deletePercent = generation > 6 ? 80 : 35;
            for (var i = 0; i < 4000; i++)
            {
                if (random.Next(100) < deletePercent)
                    model.Delete(NextKey(random, KeyOrder.Random, i));
                else
                    model.Put(NextKey(random, KeyOrder.Random, i), NextLength(random, sizes));
            }
            model.Reopen(media, generation);
            model.CheckAll(random);
        }
    }

    [Theory]
    [InlineData(41, Sizes.Any)]
    [InlineData(42, Sizes.Extents)]
    [InlineData(43, Sizes.Extreme)]
    public void A_checkpoint_is_of_its_moment_whatever_changes_while_it_is_written(int seed, Sizes sizes)
    {
        var random = new Random(seed);
        var media = new Dictionary<PageAddress, byte[]>();
        using var model = new TreeModel();
        for (ulong generation = 1; generation <= 12; generation++)
        {
            var deletePercent = generation % 4 == 3 ? 75 : 35;
            for (var i = 0; i < 1500; i++) Change(deletePercent);
            model.Reopen(media, generation, () =>
            {
                for (var i = 0; i < 100; i++) Change(generation % 2 == 0 ? 85 : 35);
            });
            model.CheckAll(random);
        }

        void Change(int deletePercent)
        {
            if (random.Next(100) < deletePercent) model.Delete(NextKey(random, KeyOrder.Random, 0));
            else model.Put(NextKey(random, KeyOrder.Random, 0), NextLength(random, sizes));
        }
    }

    [Theory]
    [InlineData(31, Sizes.Extents)]
    [InlineData(32, Sizes.Extreme)]
    public void Deleting_everything_in_random_order_leaves_one_empty_page(int seed, Sizes sizes)
    {
        var random = new Random(seed);
        using var model = new TreeModel();
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 20_000; i++)
                model.Put(NextKey(random, KeyOrder.Random, i), NextLength(random, sizes));
            var pagesBefore = model.Pages.PageCount;
            var keys = model.Keys.ToArray();
            random.Shuffle(keys);
            foreach (var key in keys)
                model.Delete(key);
            Assert.Equal(1, model.Pages.AllocatedCount);
            Assert.Equal(PageFormat.Size, model.Pages.ResidentBytes);
            model.CheckAll(random);
            Assert.Equal(pagesBefore, model.Pages.PageCount);
            random = new Random(seed); // the same again: it must do with the pages that were freed
        }
    }

    private static ItemKey NextKey(Random random, KeyOrder order, int i) => order switch
    {
        KeyOrder.Ascending => new ItemKey((ulong)i / 1000, (ulong)i),
        KeyOrder.Descending => new ItemKey(ulong.MaxValue - (ulong)i / 1000, ulong.MaxValue - (ulong)i),
        KeyOrder.Streams => new ItemKey((ulong)i % 7 * 256, (ulong)i),
        _ => new ItemKey((ulong)random.Next(50), (ulong)random.Next(300)),
    };

    private static int NextLength(Random random, Sizes sizes) => sizes switch
    {
        Sizes.Extents => 16,
        Sizes.Small => random.Next(200),
        Sizes.Any => random.Next(4) == 0 ? random.Next(ItemTree.ValueBytesMax + 1) : random.Next(300),
        _ => random.Next(3) switch { 0 => 0, 1 => ItemTree.ValueBytesMax, _ => random.Next(ItemTree.ValueBytesMax + 1) },
    };
}
