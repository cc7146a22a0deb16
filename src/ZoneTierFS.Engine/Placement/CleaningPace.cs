namespace ZoneTierFS.Engine.Placement;

/// <summary>How hard cleaning works.</summary>
internal enum CleaningPace : byte
{
    /// <summary>Zones are cleaned when there is a good bargain.</summary>
    Normal,

    /// <summary>Space is short: any zone with something to gain is cleaned.</summary>
    Boosted,
}
