using System.Buffers.Binary;
using Xunit;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Tests.Metadata;

/// <summary>Whole pages that make no sense, as a bug might write them: refused, or at worst wrong, but never a reason to touch foreign memory.</summary>
public sealed unsafe class TreePageDamageTests
{
    [Theory]
    [InlineData(PageFormat.LevelOffset, 8)]
    [InlineData(PageFormat.LevelOffset, 1)]
    [InlineData(TreePage.CountOffset, 11)]
    [InlineData(TreePage.CountOffset, 0xFFFF)]
    [InlineData(TreePage.HeapStartOffset, 16385)]
    [InlineData(TreePage.HeapStartOffset, 100)]
    [InlineData(TreePage.DeadBytesOffset, 1)]
    [InlineData(PageFormat.HeaderSize + 8, 30)]
    [InlineData(PageFormat.HeaderSize + 16, 0)]
    [InlineData(PageFormat.HeaderSize + 16, 16380)]
    [InlineData(PageFormat.HeaderSize + 18, 17)]
    public void A_leaf_with_a_senseless_field_is_refused(int offset, ushort value)
    {
        using var pages = new PageStore(PageKind.Tree, 1);
        var tree = new ItemTree(pages);
        for (ulong i = 0; i < 10; i++)
            tree.Put(new ItemKey(1, i), new byte[16]);
        var image = SealAndEvict(pages, tree.Root);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(offset), value);
        PageFormat.Seal(image, PageKind.Tree, tree.Root, 1);
        var fault = Assert.Throws<InvalidDataException>(() => pages.Load(tree.Root, image));
        Assert.Contains("makes no sense", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_nonsense_ends_in_an_exception_at_worst(int seed)
    {
        var random = new Random(seed);
        var loaded = 0;
        for (var i = 0; i < 1500; i++)
        {
            using var pages = new PageStore(PageKind.Tree, 1);
            var tree = new ItemTree(pages);
            for (ulong item = 0; item < 60; item++)
                tree.Put(new ItemKey(item % 9, item), new byte[random.Next(2000)]);
            var victim = (uint)random.Next((int)pages.PageCount);
            var image = SealAndEvict(pages, victim);
            for (var change = random.Next(3); change >= 0; change--)
                Corrupt(image, random);
            PageFormat.Seal(image, PageKind.Tree, victim, 1);
            if (!TryLoad(pages, victim, image))
                continue;
            loaded++;
            UseBlindly(tree, random);
        }
        Assert.InRange(loaded, 100, 1400);
    }

    private static void Corrupt(byte[] image, Random random)
    {
        var at = random.Next(3) switch
        {
            0 => random.Next(8, 36),
            1 => PageFormat.HeaderSize + random.Next(200),
            _ => PageFormat.HeaderSize + random.Next(16) * TreePage.EntrySize + 16,
        };
        if (at is < 12 or >= 16) // the id is looked at before the structure
            image[at] = (byte)(random.Next(2) == 0 ? image[at] + random.Next(-3, 4) : random.Next(256));
    }

    private static bool TryLoad(PageStore pages, uint id, byte[] image)
    {
        try
        {
            pages.Load(id, image);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static void UseBlindly(ItemTree tree, Random random)
    {
        try
        {
            var cursor = tree.Scan(ItemKey.MinValue);
            var bytes = 0L;
            while (cursor.MoveNext())
                bytes += cursor.Value.Length;
            for (var i = 0; i < 200; i++)
            {
                var key = new ItemKey((ulong)random.Next(10), (ulong)random.Next(60));
                if (random.Next(3) == 0)
                    tree.Delete(key);
                else
                    tree.Put(key, new byte[random.Next(ItemTree.ValueBytesMax)]);
            }
            tree.DeleteRange(ItemKey.MinValue, ItemKey.MaxValue);
            Assert.InRange(bytes, 0, 200 * PageFormat.Size);
        }
        catch (Exception fault) when (fault is InvalidDataException or InvalidOperationException)
        {
            Assert.Contains("page", fault.Message, StringComparison.Ordinal);
        }
    }

    private static byte[] SealAndEvict(PageStore pages, uint id)
    {
        byte[] found = [];
        foreach (var dirty in pages.Freeze())
        {
            var image = new byte[PageFormat.Size];
            pages.TakeFrozen(dirty, image);
            if (dirty == id) found = image;
        }
        PageFormat.Seal(found, PageKind.Tree, id, 1);
        pages.Evict(id);
        return found;
    }
}
