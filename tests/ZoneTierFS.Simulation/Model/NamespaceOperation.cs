namespace ZoneTierFS.Simulation;

/// <summary>One change to the tree of names and attributes. The engine's journal orders these: what survives a crash is a prefix of them.</summary>
internal abstract record NamespaceOperation
{
    /// <summary>Place in the order of all clients' beginnings and endings.</summary>
    public long IssuedAt { get; set; }

    /// <summary>As <see cref="IssuedAt"/>; long.MaxValue while the operation was not answered.</summary>
    public long CompletedAt { get; set; } = long.MaxValue;

    /// <summary>Nodes whose fsync makes this operation durable.</summary>
    public abstract IEnumerable<int> Touches { get; }

    /// <summary>Changes names, not only attributes: even fdatasync must keep it, or the data could not be found.</summary>
    public virtual bool IsStructural => false;

    public abstract void Apply(ModelTree tree);
}
