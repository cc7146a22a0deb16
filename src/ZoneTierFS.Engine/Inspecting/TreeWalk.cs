using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Inspecting;

/// <summary>Follows the tree of a checkpoint on the medium, around pages that are damaged.</summary>
internal sealed class TreeWalk(CheckpointPages pages)
{
    private readonly HashSet<uint> _visited = [];

    /// <summary>Pages that could not be used, with what is wrong.</summary>
    public List<string> Damaged { get; } = [];

    /// <summary>Called for each item; false ends the walk.</summary>
    internal delegate bool Visit(ItemKey key, ReadOnlySpan<byte> value);

    /// <summary>Visits the items from one key up to, not including, another.</summary>
    public async Task ScanAsync(ItemKey from, ItemKey to, Visit visit, CancellationToken ct)
    {
        _visited.Clear();
        await ScanAsync(pages.Root.TreeRoot, from, to, visit, TreePage.LevelMax, ct);
    }

    private async Task<bool> ScanAsync(uint id, ItemKey from, ItemKey to, Visit visit, int levelMax, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var image = new AlignedMemory(PageFormat.Size);
        var problem = _visited.Add(id) ? await pages.TryReadAsync(PageKind.Tree, id, image.Memory, ct) : "it is reached twice";
        if (problem is null && Level(image) > levelMax) problem = $"it is of level {Level(image)} where at most {levelMax} can be";
        if (problem is not null)
        {
            Damaged.Add($"page {id}: {problem}");
            return true;
        }
        if (Level(image) == 0) return VisitLeaf(image, from, to, visit);
        foreach (var child in Children(image, from, to))
            if (!await ScanAsync(child, from, to, visit, Level(image) - 1, ct)) return false;
        return true;
    }

    public static unsafe int Level(AlignedMemory image)
    {
        fixed (byte* bytes = image.GetSpan()) return new TreePage(bytes).Level;
    }

    /// <summary>The children that may hold items of a range.</summary>
    public static unsafe List<uint> Children(AlignedMemory image, ItemKey from, ItemKey to)
    {
        var children = new List<uint>();
        fixed (byte* bytes = image.GetSpan())
        {
            var page = new TreePage(bytes);
            for (var i = page.ChildIndex(from); i < page.Count && page.Key(i) < to; i++) children.Add(page.Child(i));
        }
        return children;
    }

    private static unsafe bool VisitLeaf(AlignedMemory image, ItemKey from, ItemKey to, Visit visit)
    {
        fixed (byte* bytes = image.GetSpan())
        {
            var page = new TreePage(bytes);
            for (var i = page.LowerBound(from); i < page.Count && page.Key(i) < to; i++)
                if (!visit(page.Key(i), page.Value(i))) return false;
            return true;
        }
    }
}
