using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>
/// The items of a volume that cannot be. With any of them it is not opened for writing; for reading they are left out of the tree, and files that lost a part
/// of their extents say EIO: a hole in their place would be wrong bytes.
/// </summary>
internal sealed class ImpossibleItems
{
    private const int DescribedMax = 1000;

    private readonly List<ItemKey> _keys = [];
    private readonly List<string> _descriptions = [];
    private readonly HashSet<ulong> _hurt = [];

    public long Count { get; private set; }

    /// <summary>What is wrong, a line each: the first thousand.</summary>
    public IReadOnlyList<string> Descriptions => _descriptions;

    /// <summary>The bytes of the file are not all known.</summary>
    public bool IsHurt(ulong inode) => _hurt.Count > 0 && _hurt.Contains(inode);

    /// <param name="problem">In words; null where another line says it.</param>
    public void Add(ItemKey key, string? problem)
    {
        _keys.Add(key);
        if (ItemKeys.KindOf(key) == ItemKind.Extent) _hurt.Add(ItemKeys.InodeOf(key));
        if (problem is not null) Add($"inode {(ItemKeys.InodeOf(key) == 0 ? key.Low : ItemKeys.InodeOf(key))}, item {Name(key)}: {problem}");
    }

    public void Add(string description)
    {
        Count++;
        if (_descriptions.Count < DescribedMax) _descriptions.Add(description);
    }

    /// <summary>Takes the items out of a tree that is only read; before writing, refuses the volume.</summary>
    /// <exception cref="InvalidDataException">There are any, and the volume is to be written to.</exception>
    public void Settle(ItemTree tree, bool readOnly)
    {
        if (Count == 0) return;
        if (!readOnly)
            throw new InvalidDataException(
                $"{_descriptions[0]}{(Count > 1 ? $" ({Count} such findings)" : "")}. It can be opened for reading, but not be written to.");
        foreach (var key in _keys) tree.Delete(key);
        _keys.Clear();
    }

    private static string Name(ItemKey key) => $"{ItemKeys.KindOf(key)} {key.Low}";
}
