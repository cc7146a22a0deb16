namespace ZoneTierFS.Engine.Placement;

/// <summary>Which zone to clean next, by cost and benefit: (1 − u) · age / (1 + u), where u is the zone's live share.</summary>
internal static class VictimPolicy
{
    /// <summary>Zones below this live share are cleaned first and at any pace: moving the rest costs next to nothing.</summary>
    public const double NearlyEmpty = 0.01;

    /// <summary>At normal pace zones above this live share are left to empty further: a move would gain less than a sixth of what it writes.</summary>
    public const double NormalUtilisationMax = 0.85;

    /// <summary>The index of the best zone in the span, or -1 when none is worth cleaning at this pace.</summary>
    public static int Choose(ReadOnlySpan<ZoneFacts> zones, CleaningPace pace)
    {
        int best = -1;
        double bestScore = double.NegativeInfinity;
        for (int i = 0; i < zones.Length; i++)
        {
            if (zones[i].Utilisation < Limit(pace) && Score(zones[i]) > bestScore)
            {
                best = i;
                bestScore = Score(zones[i]);
            }
        }
        return best;
    }

    /// <summary>Greater is better; nearly empty zones stand above all others, the emptiest first.</summary>
    public static double Score(in ZoneFacts zone)
    {
        double used = zone.Utilisation;
        return used < NearlyEmpty
            ? double.MaxValue * (1 - used)
            : (1 - used) * ((double)zone.Age + 1) / (1 + used); // + 1: without any age, the emptier zone still wins
    }

    private static double Limit(CleaningPace pace) => pace == CleaningPace.Normal ? NormalUtilisationMax : 1;
}
