namespace ZoneTierFS.Engine.Placement;

/// <summary>How much is read, bytes per second, as two averages that forget at different speed.</summary>
/// <param name="Short">Over about 30 s: what is being read now.</param>
/// <param name="Long">Over about 30 min: what keeps being read.</param>
internal readonly record struct HeatSample(double Short, double Long)
{
    /// <summary>For ranking only: both averages count alike.</summary>
    public double Rank => Short + Long;
}
