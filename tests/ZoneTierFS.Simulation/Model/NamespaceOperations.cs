using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Simulation;

internal sealed record CreateNode(int Parent, string Name, ModelNode Node) : NamespaceOperation
{
    public override IEnumerable<int> Touches => [Node.Id];

    public override bool IsStructural => true;

    public override void Apply(ModelTree tree) => tree.Add(Parent, Name, Node.Clone());

    public override string ToString() => $"create {Node.Kind} {Node.Id} as {Parent}/{Name}";
}

internal sealed record CreateUnnamed(ModelNode Node) : NamespaceOperation
{
    public override IEnumerable<int> Touches => [Node.Id];

    public override bool IsStructural => true;

    public override void Apply(ModelTree tree) => tree.AddUnnamed(Node.Clone());

    public override string ToString() => $"create {Node.Id} without a name";
}

internal sealed record ChangeFlags(int Node, bool IsImmutable) : NamespaceOperation
{
    public override IEnumerable<int> Touches => [Node];

    public override void Apply(ModelTree tree) => tree[Node].IsImmutable = IsImmutable;

    public override string ToString() => $"{Node} immutable {IsImmutable}";
}

internal sealed record AddLink(int Node, int Parent, string Name) : NamespaceOperation
{
    public override IEnumerable<int> Touches => [Node];

    public override bool IsStructural => true;

    public override void Apply(ModelTree tree) => tree.Add(Parent, Name, tree[Node]);

    public override string ToString() => $"link {Node} as {Parent}/{Name}";
}

internal sealed record RemoveName(int Parent, string Name, int Node) : NamespaceOperation
{
    public override IEnumerable<int> Touches => [Node];

    public override bool IsStructural => true;

    public override void Apply(ModelTree tree) => tree.Remove(Parent, Name);

    public override string ToString() => $"remove {Parent}/{Name} ({Node})";
}

/// <param name="Moved">The node that moves.</param>
/// <param name="Other">The node that was at the new name, or -1.</param>
/// <param name="ForcedData">The data operation of the moved file up to which its data must survive with the rename; -1 for no such promise.</param>
internal sealed record Rename(int Parent, string Name, int NewParent, string NewName, RenameFlags Flags, int Moved, int Other, int ForcedData)
    : NamespaceOperation
{
    public override IEnumerable<int> Touches => [Moved, Other];

    public override bool IsStructural => true;

    public override void Apply(ModelTree tree) => tree.Rename(Parent, Name, NewParent, NewName, Flags);

    public override string ToString() => $"rename {Parent}/{Name} ({Moved}) to {NewParent}/{NewName} ({Other}) {Flags}";
}

internal sealed record ChangeStatus(int Node, uint? Permissions, long? ModifyTime) : NamespaceOperation
{
    public override IEnumerable<int> Touches => [Node];

    public override void Apply(ModelTree tree)
    {
        tree[Node].Permissions = Permissions ?? tree[Node].Permissions;
        if (Permissions is uint mode && tree[Node].Xattrs.TryGetValue(AccessList.Name, out byte[]? list))
        {
            tree[Node].Xattrs[AccessList.Name] = AccessList.WithMode(list, mode);
        }

        tree[Node].ModifyTime = ModifyTime ?? tree[Node].ModifyTime;
    }

    public override string ToString() => $"set {Node} permissions {Permissions} modify time {ModifyTime}";
}

/// <summary>A write changed the modify time to one that the model does not know.</summary>
internal sealed record ForgetTime(int Node) : NamespaceOperation
{
    public override IEnumerable<int> Touches => [];

    public override void Apply(ModelTree tree) => tree[Node].ModifyTime = null;

    public override string ToString() => $"write to {Node} changes its time";
}

/// <param name="Value">Null removes the attribute.</param>
internal sealed record ChangeXattr(int Node, string Name, byte[]? Value) : NamespaceOperation
{
    public override IEnumerable<int> Touches => [Node];

    public override void Apply(ModelTree tree)
    {
        if (Value is null)
        {
            tree[Node].Xattrs.Remove(Name);
        }
        else
        {
            tree[Node].Xattrs[Name] = Value;
        }
    }

    public override string ToString() => $"xattr {Node} {Name} {(Value is null ? "removed" : $"{Value.Length} bytes")}";
}

internal sealed record ChangePlacement(int Node, string? Pin, FileClass? Class) : NamespaceOperation
{
    public override IEnumerable<int> Touches => [Node];

    public override void Apply(ModelTree tree)
    {
        tree[Node].Pin = Pin;
        tree[Node].Class = Class;
    }

    public override string ToString() => $"place {Node} pin {Pin} class {Class}";
}
