namespace ZoneTierFS.Simulation;

/// <summary>Compares a tree of the model with one that was read back: names, types, links, attributes and identity, but not data.</summary>
/// <param name="inodes">Inode numbers by node id, where known.</param>
internal sealed class TreeComparison(ModelTree tree, IReadOnlyDictionary<int, ulong> inodes)
{
    private readonly Dictionary<int, SurvivingNode> _matched = [];
    private readonly Dictionary<ulong, int> _ids = [];

    /// <summary>Nodes read back, by the model's ids.</summary>
    public IReadOnlyDictionary<int, SurvivingNode> Matched => _matched;

    /// <summary>The first difference, in words, or null.</summary>
    public string? FindDifference(ModelNode node, SurvivingNode found, string path)
    {
        ulong inode = found.Status.Inode;
        if (_matched.TryGetValue(node.Id, out SurvivingNode? before))
        {
            return before.Status.Inode == inode ? null : $"{path}: is inode {inode}, but another name of the same file is inode {before.Status.Inode}";
        }

        if (!_ids.TryAdd(inode, node.Id))
        {
            return $"{path}: shares inode {inode} with another file";
        }

        _matched.Add(node.Id, found);
        if (inodes.TryGetValue(node.Id, out ulong known) && known != inode)
        {
            return $"{path}: is inode {inode} instead of {known}";
        }

        return FindAttributeDifference(node, found, path) ?? FindXattrDifference(node, found, path) ?? FindEntryDifference(node, found, path);
    }

    private string? FindAttributeDifference(ModelNode node, SurvivingNode found, string path)
    {
        uint mode = node.Type | node.Permissions;
        if (found.Status.Mode != mode)
        {
            return $"{path}: mode {Convert.ToString(found.Status.Mode, 8)} instead of {Convert.ToString(mode, 8)}";
        }

        if (found.Status.UserId != node.UserId || found.Status.GroupId != node.GroupId)
        {
            return $"{path}: owner {found.Status.UserId}:{found.Status.GroupId} instead of {node.UserId}:{node.GroupId}";
        }

        if (found.Status.DeviceNumber != node.DeviceNumber)
        {
            return $"{path}: device {found.Status.DeviceNumber} instead of {node.DeviceNumber}";
        }

        if (found.Status.LinkCount != tree.CountLinks(node))
        {
            return $"{path}: {found.Status.LinkCount} links instead of {tree.CountLinks(node)}";
        }

        if (node.ModifyTime is long time && found.Status.ModifyTime != time)
        {
            return $"{path}: modify time {found.Status.ModifyTime} instead of {time}";
        }

        if (node.Target != found.Target)
        {
            return $"{path}: target '{found.Target}' instead of '{node.Target}'";
        }

        if (node.Pin != found.Pin)
        {
            return $"{path}: pinned to '{found.Pin}' instead of '{node.Pin}'";
        }

        if (node.IsImmutable != found.IsImmutable)
        {
            return $"{path}: immutable {found.IsImmutable} instead of {node.IsImmutable}";
        }

        return node.Class == found.Class ? null : $"{path}: class '{found.Class}' was set by hand instead of '{node.Class}'";
    }

    private static string? FindXattrDifference(ModelNode node, SurvivingNode found, string path)
    {
        if (!node.Xattrs.Keys.SequenceEqual(found.Xattrs.Keys))
        {
            return $"{path}: attributes [{string.Join(' ', found.Xattrs.Keys)}] instead of [{string.Join(' ', node.Xattrs.Keys)}]";
        }

        string? name = node.Xattrs.Keys.FirstOrDefault(name => !node.Xattrs[name].AsSpan().SequenceEqual(found.Xattrs[name]));
        return name is null ? null : $"{path}: attribute {name} has another value";
    }

    private string? FindEntryDifference(ModelNode node, SurvivingNode found, string path)
    {
        if (!node.Entries.Keys.SequenceEqual(found.Entries.Keys))
        {
            string missing = string.Join(' ', node.Entries.Keys.Except(found.Entries.Keys));
            string extra = string.Join(' ', found.Entries.Keys.Except(node.Entries.Keys));
            return $"{path}/: missing [{missing}], unexpected [{extra}]";
        }

        foreach ((string name, int id) in node.Entries)
        {
            if (FindDifference(tree[id], found.Entries[name], $"{path}/{name}") is string difference)
            {
                return difference;
            }
        }

        return null;
    }
}
