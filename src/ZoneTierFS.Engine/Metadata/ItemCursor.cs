namespace ZoneTierFS.Engine.Metadata;

/// <summary>Reads items of a tree in ascending order: <see cref="MoveNext"/> before the first. Any change of the tree ends its life.</summary>
internal ref struct ItemCursor
{
    private readonly ItemTree _tree;
    private readonly ItemKey _from;
    private readonly long _changeCount;
    private TreePath _path;
    private TreePage _leaf;
    private bool _started;
    private bool _ended;

    internal ItemCursor(ItemTree tree, ItemKey from)
    {
        _tree = tree;
        _from = from;
        _changeCount = tree.ChangeCount;
    }

    public readonly ItemKey Key => _leaf.Key(_path[0].Index);

    /// <summary>Valid until the next change of the tree.</summary>
    public readonly ReadOnlySpan<byte> Value => _leaf.Value(_path[0].Index);

    /// <summary>Goes to the next item; false, then and ever after, when there is none.</summary>
    public bool MoveNext()
    {
        if (_changeCount != _tree.ChangeCount)
            throw new InvalidOperationException("The tree changed under a cursor.");
        if (_ended)
            return false;
        if (!_started)
        {
            _started = true;
            _ended = !_tree.TrySeek(_from, ref _path, out _leaf);
        }
        else if (++_path[0].Index >= _leaf.Count)
        {
            _ended = !_tree.TryNextLeaf(ref _path, out _leaf);
        }
        return !_ended;
    }
}
