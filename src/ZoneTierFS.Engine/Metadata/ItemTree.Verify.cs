namespace ZoneTierFS.Engine.Metadata;

internal sealed unsafe partial class ItemTree
{
    /// <summary>
    /// Walks the whole tree, which must be in memory, and throws <see cref="InvalidDataException"/> at the first thing that is wrong: a malformed page, a key
    /// outside its parent's bounds, a wrong level, an empty page, a page with two parents or with none, a wrong number of items.
    /// </summary>
    public void Verify() => Verify(looksIntoPages: true);

    /// <summary>As <see cref="Verify()"/>, for a tree whose pages were each looked at when they were loaded: how they hang together.</summary>
    public void VerifyShape() => Verify(looksIntoPages: false);

    private void Verify(bool looksIntoPages)
    {
        if (!_pages.IsAllocated(Root))
            throw new InvalidDataException($"The tree's root, page {Root}, does not exist.");
        var reached = new PageIdSet();
        var root = Page(Root);
        if (root is { Level: > 0, Count: 1 })
            throw new InvalidDataException("The tree's root has a single child.");
        var items = VerifyPage(Root, root.Level, ItemKey.MinValue, null, reached, looksIntoPages);
        if (items != ItemCount)
            throw new InvalidDataException($"The tree holds {items} items instead of {ItemCount}.");
        if (reached.Count != _pages.AllocatedCount)
            throw new InvalidDataException($"{_pages.AllocatedCount} tree pages are in use, but only {reached.Count} belong to the tree.");
    }

    // Keys lie in [from, to); to is null where there is no upper bound.
    private long VerifyPage(uint id, int level, ItemKey from, ItemKey? to, PageIdSet reached, bool looksIntoPages)
    {
        if (!_pages.IsAllocated(id) || !reached.Add(id))
            throw new InvalidDataException($"Tree page {id} is {(_pages.IsAllocated(id) ? "reached twice" : "free, but reached")}.");
        var page = Page(id);
        if (looksIntoPages && !TreePage.IsWellFormed(new ReadOnlySpan<byte>(_pages.Get(id), PageFormat.Size), out var problem))
            throw new InvalidDataException($"Tree page {id} is malformed: {problem}.");
        if (page.Level != level)
            ThrowWrongLevel(id, page.Level, level);
        if (page.Count == 0)
            return id == Root ? 0 : throw new InvalidDataException($"Tree page {id} is empty.");
        // An inner page's first key is the lowest of all: its first child begins where the page itself does.
        var first = level == 0 ? 0 : 1;
        if (first < page.Count && (page.Key(first) < from || page.Key(page.Count - 1) >= to))
            throw new InvalidDataException($"Tree page {id} has keys outside {from} to {to}.");
        if (level == 0)
            return page.Count;
        var items = 0L;
        for (var i = 0; i < page.Count; i++)
        {
            var end = i + 1 < page.Count ? page.Key(i + 1) : to;
            items += VerifyPage(page.Child(i), level - 1, i == 0 ? from : page.Key(i), end, reached, looksIntoPages);
        }
        return items;
    }
}
