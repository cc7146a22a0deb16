namespace ZoneTierFS.Simulation;

/// <summary>
/// What one client's directory must hold: the tree as it is now, and since the floor (what is known to be durable) every operation in order. No other
/// client works in the directory, so expectations are exact.
/// </summary>
internal sealed class ClientModel
{
    private const long FarBlock = 1024;

    private readonly ReferenceModel _owner;
    private readonly List<NamespaceOperation> _log = [];
    private int _trimmed;

    public ClientModel(ReferenceModel owner, string directory, ulong rootInode, ModelNode root)
    {
        _owner = owner;
        Directory = directory;
        Current = new ModelTree(root);
        Durable = Current.Clone();
        Inodes.Add(root.Id, rootInode);
    }

    /// <summary>Name of the client's directory in the volume's root.</summary>
    public string Directory { get; }

    public ModelTree Current { get; private set; }

    /// <summary>The tree at the floor.</summary>
    public ModelTree Durable { get; private set; }

    /// <summary>Operations since the floor; the last one may be unanswered.</summary>
    public IReadOnlyList<NamespaceOperation> Log => _log;

    /// <summary>Data by node id.</summary>
    public Dictionary<int, FileHistory> Files { get; } = [];

    /// <summary>Inode numbers by node id, where known.</summary>
    public Dictionary<int, ulong> Inodes { get; } = [];

    /// <summary>Answered namespace operations since the simulation began.</summary>
    public int CompletedOperations => _trimmed + _log.Count(operation => operation.CompletedAt != long.MaxValue);

    /// <summary>Blocks so far into their files that reading everything before them would take too long.</summary>
    public IReadOnlyCollection<long> FarBlocks => [.. Files.Values.SelectMany(file => file.KnownBlocks).Where(block => block >= FarBlock).Distinct().Order()];

    /// <summary>How what is read back now differs from what it must be; null where it does not.</summary>
    public string? FindDifference(SurvivingNode found)
    {
        var comparison = new TreeComparison(Current, Inodes);
        if (comparison.FindDifference(Current.Root, found, $"/{Directory}") is string difference)
        {
            return difference;
        }

        foreach ((int id, SurvivingNode node) in comparison.Matched)
        {
            if (node.Data is not null && Files[id].FindDamage(node.Data, Files[id].Operations) is string damage)
            {
                return $"file {id}: {damage}";
            }
        }

        return null;
    }

    public void Begin(NamespaceOperation operation)
    {
        operation.IssuedAt = _owner.NextEvent();
        _log.Add(operation);
    }

    public void Complete(NamespaceOperation operation)
    {
        operation.CompletedAt = _owner.NextEvent();
        operation.Apply(Current);
    }

    /// <summary>The operation failed and changed nothing.</summary>
    public void Abandon(NamespaceOperation operation) => _log.Remove(operation);

    /// <summary>The number of operations that an fsync of the node must make durable.</summary>
    public int CountTouching(int node, bool structuralOnly)
        => _trimmed + 1 + _log.FindLastIndex(operation => (operation.IsStructural || !structuralOnly) && operation.Touches.Contains(node));

    /// <summary>The first <paramref name="operations"/> operations are durable.</summary>
    public void RaiseFloor(int operations)
    {
        _owner.NotePromise();
        int count = operations - _trimmed;
        if (count <= 0)
        {
            return;
        }

        for (int i = 0; i < count; i++)
        {
            _log[i].Apply(Durable);
            if (_log[i] is Rename { ForcedData: >= 0 } rename)
            {
                Files[rename.Moved].RaiseFloor(rename.ForcedData);
            }
        }

        _log.RemoveRange(0, count);
        _trimmed += count;
    }

    /// <summary>Makes what survived the new truth, all of it durable.</summary>
    /// <param name="kept">Operations since the floor that survived.</param>
    /// <param name="survivors">What was read back, by node id.</param>
    public void Adopt(int kept, IReadOnlyDictionary<int, SurvivingNode> survivors)
    {
        ModelTree tree = Durable.Clone();
        foreach (NamespaceOperation operation in _log.Take(kept))
        {
            operation.Apply(tree);
        }

        Current = tree;
        _trimmed += _log.Count;
        _log.Clear();
        tree.Forget(node => !survivors.ContainsKey(node.Id));
        Durable = tree.Clone();
        Inodes.Clear();
        foreach (int gone in Files.Keys.Where(id => !survivors.ContainsKey(id)).ToList())
        {
            Files.Remove(gone);
        }

        foreach ((int id, SurvivingNode survivor) in survivors)
        {
            Inodes.Add(id, survivor.Status.Inode);
            if (survivor.Data is not null)
            {
                Files[id].Adopt(survivor.Data);
            }
        }
    }
}
