namespace ZoneTierFS.Engine.Placement;

/// <summary>What to do with a chunk on the slow tier, or with its copy on the fast one, and why.</summary>
internal enum PromotionDecision : byte
{
    Promote,
    TooCold,
    NotWorthCopying,
    FastTierFull,
    BackingOff,
    MinimumResidence,
    KeepCopy,
    DropCopy,
}
