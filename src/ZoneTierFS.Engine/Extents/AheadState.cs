namespace ZoneTierFS.Engine.Extents;

/// <summary>The life of an <see cref="AheadPiece"/>.</summary>
internal enum AheadState
{
    Free,
    Queued,
    Filling,
    Ready,
}
