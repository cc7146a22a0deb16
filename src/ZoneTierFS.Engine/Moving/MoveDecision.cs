namespace ZoneTierFS.Engine.Moving;

/// <summary>What the mover would do with a file, and why, in words for users.</summary>
internal readonly record struct MoveDecision(MoveAction Action, int Device, string Why)
{
    public static MoveDecision Stay(string why) => new(MoveAction.Stay, 0, why);
}

/// <summary>Kinds of moves.</summary>
internal enum MoveAction
{
    Stay,

    /// <summary>Nothing while it is being written; to be looked at again afterwards.</summary>
    Wait,

    /// <summary>Clean copies on the fast tier; the authority stays where it is.</summary>
    Promote,

    /// <summary>The authority itself goes to another tier.</summary>
    Relocate,
}
