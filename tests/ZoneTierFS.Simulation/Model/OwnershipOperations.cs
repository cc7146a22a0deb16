namespace ZoneTierFS.Simulation;

internal sealed record ChangeOwner(int Node, uint? UserId, uint? GroupId) : NamespaceOperation
{
    public override IEnumerable<int> Touches => [Node];

    public override void Apply(ModelTree tree)
    {
        tree[Node].UserId = UserId ?? tree[Node].UserId;
        tree[Node].GroupId = GroupId ?? tree[Node].GroupId;
    }

    public override string ToString() => $"chown {Node} to {UserId}:{GroupId}";
}

internal sealed record ChangeAccessList(int Node, byte[] List, uint Mode) : NamespaceOperation
{
    public override IEnumerable<int> Touches => [Node];

    public override void Apply(ModelTree tree)
    {
        tree[Node].Xattrs[AccessList.Name] = List;
        tree[Node].Permissions = (tree[Node].Permissions & ~0x1FFu) | Mode;
    }

    public override string ToString() => $"access list of {Node} with mode {Mode:x}";
}

/// <summary>What a program loses that changes a file which runs with its owner's or its group's rights.</summary>
internal sealed record DropSetId(int Node, bool IsPrivileged) : NamespaceOperation
{
    private const uint SetUserId = 0x800;
    private const uint SetGroupId = 0x400;
    private const uint GroupMayRun = 8;

    public override IEnumerable<int> Touches => [Node];

    public override void Apply(ModelTree tree)
    {
        ModelNode node = tree[Node];
        if (IsPrivileged || node.Kind == NodeKind.Directory)
        {
            return;
        }

        uint gone = (node.Permissions & GroupMayRun) != 0 ? SetUserId | SetGroupId : SetUserId;
        node.Permissions &= ~gone;
    }

    public override string ToString() => $"drop privileges of {Node}, by root {IsPrivileged}";
}
