namespace ZoneTierFS.Engine.Zones;

/// <summary>Who asks for an empty zone; the later ones leave the last zones to the earlier ones, so that cleaning and checkpoints can always go on.</summary>
internal enum ZonePurpose
{
    Metadata,
    Move,

    /// <summary>The mover, for a zone that it shares with users: it leaves enough to go on without.</summary>
    Alike,
    User,
}
