using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Engine.Moving;

/// <summary>Blocks to copy: where they are in a file and on media, in which layer they are found, and in which the copy is entered.</summary>
internal readonly record struct MovePiece(ulong Inode, Extent Source, ItemKind From, ItemKind Into);
