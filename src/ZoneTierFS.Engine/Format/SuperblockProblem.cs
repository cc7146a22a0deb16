namespace ZoneTierFS.Engine.Format;

/// <summary>Why a block cannot be used as a superblock.</summary>
internal enum SuperblockProblem
{
    None,

    /// <summary>It never was one.</summary>
    NotSuperblock,

    /// <summary>It was one, but its bytes changed or make no sense.</summary>
    Damaged,

    /// <summary>It is whole, but of a newer format version or with features that this version does not know.</summary>
    Newer,
}
