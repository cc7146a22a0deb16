namespace ZoneTierFS.Engine;

/// <summary>One extent as shown to users; all values in bytes except the zone's number.</summary>
/// <param name="Promoted">True for a clean copy; the authoritative bytes lie in another extent of the same range.</param>
public sealed record ExtentPlacement(long FileOffset, long Length, string Tier, int Zone, long ZoneOffset, bool Promoted);
