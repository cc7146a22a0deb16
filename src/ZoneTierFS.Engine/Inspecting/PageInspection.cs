using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Inspecting;

/// <summary>Pages of the tree in words.</summary>
internal static class PageInspection
{
    public static async Task<Inspection> RunAsync(CheckpointPages pages, uint id, CancellationToken ct)
    {
        using var image = new AlignedMemory(PageFormat.Size);
        var shown = new Inspection($"tree page {id}").With("at", await pages.FindAsync(PageKind.Tree, id, ct));
        var problem = await pages.TryReadAsync(PageKind.Tree, id, image.Memory, ct);
        return problem is null ? Describe(shown, image) : shown.With("problem", problem);
    }

    public static async Task<Inspection> PathAsync(CheckpointPages pages, ItemKey key, CancellationToken ct)
    {
        var shown = new Inspection($"path to {key}");
        using var image = new AlignedMemory(PageFormat.Size);
        var id = pages.Root.TreeRoot;
        for (var depth = 0; depth <= TreePage.LevelMax; depth++)
        {
            var step = new Inspection($"tree page {id}").With("at", await pages.FindAsync(PageKind.Tree, id, ct));
            shown.Parts.Add(step);
            if (await pages.TryReadAsync(PageKind.Tree, id, image.Memory, ct) is { } problem)
            {
                step.With("problem", problem);
                break;
            }
            step.With("level", TreeWalk.Level(image));
            if (TreeWalk.Level(image) == 0)
            {
                Find(step, image, key);
                break;
            }
            id = TreeWalk.Children(image, key, ItemKey.MaxValue)[0];
        }
        return shown;
    }

    private static unsafe void Find(Inspection step, AlignedMemory image, ItemKey key)
    {
        fixed (byte* bytes = image.GetSpan())
        {
            var page = new TreePage(bytes);
            var index = page.LowerBound(key);
            var isThere = index < page.Count && page.Key(index) == key;
            step.With("entry", index).With("found", isThere);
            if (isThere) step.Parts.Add(ItemText.Describe(key, page.Value(index)));
        }
    }

    private static unsafe Inspection Describe(Inspection shown, AlignedMemory image)
    {
        fixed (byte* bytes = image.GetSpan())
        {
            var page = new TreePage(bytes);
            shown.With("generation", System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(image.GetSpan()[PageFormat.GenerationOffset..]))
                .With("level", page.Level).With("entries", page.Count).With("usedBytes", page.UsedBytes).With("freeBytes", page.FreeBytes);
            for (var i = 0; i < page.Count; i++)
                shown.Parts.Add(page.Level == 0 ? ItemText.Describe(page.Key(i), page.Value(i))
                    : new Inspection($"child {page.Child(i)}").With("from", page.Key(i)));
        }
        return shown;
    }
}
