namespace ZoneTierFS.Engine.Namespace;

/// <summary>Flags of an inode, on media.</summary>
[Flags]
internal enum InodeFlags : byte
{
    None = 0,

    /// <summary>Weights that were written completely and are open for writing nowhere.</summary>
    Sealed = 1,

    /// <summary>A user forbade every change of content, attributes and names (chattr +i).</summary>
    Immutable = 2,
}
