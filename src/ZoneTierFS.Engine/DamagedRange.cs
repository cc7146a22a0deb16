namespace ZoneTierFS.Engine;

/// <summary>Bytes of a file that are lost: reading them is EIO until they are written anew.</summary>
/// <param name="Path">From the volume's root, or the end of it; "/" for a file that has no name any more.</param>
public sealed record DamagedRange(string Path, ulong Inode, long From, long To, string Problem);
