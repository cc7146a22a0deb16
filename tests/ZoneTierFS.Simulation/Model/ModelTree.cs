using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>A tree of names as POSIX has it, and what each operation on it must answer.</summary>
internal sealed class ModelTree
{
    private readonly Dictionary<int, ModelNode> _nodes = [];

    public ModelTree(ModelNode root)
    {
        Root = root;
        _nodes.Add(root.Id, root);
    }

    public ModelNode Root { get; }

    /// <summary>Names in all directories.</summary>
    public int Names { get; private set; }

    public IEnumerable<ModelNode> Nodes => _nodes.Values;

    public ModelNode this[int id] => _nodes[id];

    public bool Has(int id) => _nodes.ContainsKey(id);

    public ModelNode? Find(int parent, string name) => this[parent].Entries.TryGetValue(name, out int id) ? this[id] : null;

    public uint CountLinks(ModelNode node)
        => node.Kind == NodeKind.Directory ? 2 + (uint)node.Entries.Values.Count(id => this[id].Kind == NodeKind.Directory) : (uint)node.Links;

    public ModelTree Clone()
    {
        var copy = new ModelTree(Root.Clone()) { Names = Names };
        foreach (ModelNode node in _nodes.Values)
        {
            if (node != Root)
            {
                copy._nodes.Add(node.Id, node.Clone());
            }
        }

        return copy;
    }

    /// <summary>A node and all that is below it, each node once, in a fixed order.</summary>
    public IEnumerable<ModelNode> Walk(ModelNode from)
    {
        var seen = new HashSet<int>();
        var stack = new Stack<ModelNode>([from]);
        while (stack.TryPop(out ModelNode? node))
        {
            if (seen.Add(node.Id))
            {
                yield return node;
                foreach (int child in node.Entries.Values)
                {
                    stack.Push(this[child]);
                }
            }
        }
    }

    public bool IsBelow(ModelNode node, int ancestor) => Walk(this[ancestor]).Any(inside => inside.Id == node.Id);

    public void Add(int parent, string name, ModelNode node)
    {
        _nodes.TryAdd(node.Id, node);
        node.Links++;
        Names++;
        Touch(parent).Entries.Add(name, node.Id);
    }

    /// <summary>A node that has no name yet.</summary>
    public void AddUnnamed(ModelNode node) => _nodes.TryAdd(node.Id, node);

    public void Remove(int parent, string name)
    {
        ModelNode node = Find(parent, name)!;
        node.Links--;
        Names--;
        Touch(parent).Entries.Remove(name);
    }

    public void Rename(int parent, string name, int newParent, string newName, RenameFlags flags)
    {
        ModelNode node = Find(parent, name)!;
        ModelNode? target = Find(newParent, newName);
        Touch(parent);
        Touch(newParent);
        if (target == node)
        {
            return;
        }

        if (flags == RenameFlags.Exchange)
        {
            this[parent].Entries[name] = target!.Id;
            this[newParent].Entries[newName] = node.Id;
            return;
        }

        if (target is not null)
        {
            Remove(newParent, newName);
        }

        this[parent].Entries.Remove(name);
        this[newParent].Entries.Add(newName, node.Id);
    }

    /// <summary>Drops nodes that have no name any more.</summary>
    public void Forget(Predicate<ModelNode> isGone)
    {
        foreach (ModelNode node in _nodes.Values.Where(node => isGone(node)).ToList())
        {
            _nodes.Remove(node.Id);
        }
    }

    /// <summary>What creating a name must answer.</summary>
    public Errno ExpectNewName(int parent, string name) => Find(parent, name) is null ? Errno.Ok : Errno.EEXIST;

    public Errno ExpectUnlink(int parent, string name) => Find(parent, name)?.Kind switch
    {
        null => Errno.ENOENT,
        NodeKind.Directory => Errno.EISDIR,
        _ => Errno.Ok,
    };

    public Errno ExpectRemoveDirectory(int parent, string name) => Find(parent, name) switch
    {
        null => Errno.ENOENT,
        { Kind: not NodeKind.Directory } => Errno.ENOTDIR,
        { Entries.Count: > 0 } => Errno.ENOTEMPTY,
        _ => Errno.Ok,
    };

    public Errno ExpectRename(int parent, string name, int newParent, string newName, RenameFlags flags)
    {
        ModelNode? node = Find(parent, name);
        ModelNode? target = Find(newParent, newName);
        if (node is null || (flags == RenameFlags.Exchange && target is null))
        {
            return Errno.ENOENT;
        }

        if (flags == RenameFlags.NoReplace && target is not null)
        {
            return Errno.EEXIST;
        }

        if (node.Kind == NodeKind.Directory && IsBelow(this[newParent], node.Id))
        {
            return Errno.EINVAL;
        }

        if (target is null || target == node)
        {
            return Errno.Ok;
        }

        if (flags == RenameFlags.Exchange)
        {
            return target.Kind == NodeKind.Directory && IsBelow(this[parent], target.Id) ? Errno.EINVAL : Errno.Ok;
        }

        return (node.Kind == NodeKind.Directory, target.Kind == NodeKind.Directory) switch
        {
            (true, false) => Errno.ENOTDIR,
            (false, true) => Errno.EISDIR,
            (true, true) when target.Entries.Count > 0 => Errno.ENOTEMPTY,
            _ => Errno.Ok,
        };
    }

    /// <summary>A directory whose entries change has a new time that the model does not know.</summary>
    private ModelNode Touch(int directory)
    {
        this[directory].ModifyTime = null;
        return this[directory];
    }
}
