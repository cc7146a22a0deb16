namespace ZoneTierFS.Engine;

/// <summary>
/// What devices have taken since the mount, in bytes by cause: how far write pointers have moved, so that also the rest of a finished zone counts, which no one
/// has written and no one can use.
/// </summary>
/// <param name="User">Data of files, written back.</param>
/// <param name="Cleaning">Live data copied out of zones to empty them.</param>
/// <param name="Moving">Data promoted, demoted or brought where its class or pin wants it.</param>
/// <param name="Metadata">Journal, pages of checkpoints, superblocks.</param>
/// <param name="Padding">Footers, the rests of zones, and what an append left behind that failed.</param>
public readonly record struct WrittenBytes(long User, long Cleaning, long Moving, long Metadata, long Padding)
{
    public long Total => User + Cleaning + Moving + Metadata + Padding;

    /// <summary>Write amplification: all that was written for each byte of users; null while they have written none.</summary>
    public double? Amplification => User == 0 ? null : (double)Total / User;

    public static WrittenBytes operator +(WrittenBytes a, WrittenBytes b) =>
        new(a.User + b.User, a.Cleaning + b.Cleaning, a.Moving + b.Moving, a.Metadata + b.Metadata, a.Padding + b.Padding);

    public static WrittenBytes operator -(WrittenBytes a, WrittenBytes b) =>
        new(a.User - b.User, a.Cleaning - b.Cleaning, a.Moving - b.Moving, a.Metadata - b.Metadata, a.Padding - b.Padding);
}
