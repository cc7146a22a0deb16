namespace ZoneTierFS.Engine.Placement;

/// <summary>What the choice of a zone to clean depends on.</summary>
/// <param name="LiveBytes">Bytes that would have to be moved, 0 to <paramref name="CapacityBytes"/>.</param>
/// <param name="Age">
/// Blocks that users have written to the tier since the zone was last written, at most the tier's live ones: old bytes are likely to stay, so moving them
/// pays for longer.
/// </param>
internal readonly record struct ZoneFacts(int Zone, long LiveBytes, long CapacityBytes, long Age)
{
    /// <summary>0 for a zone without live bytes, 1 for one that is all live.</summary>
    public double Utilisation => (double)LiveBytes / CapacityBytes;
}
