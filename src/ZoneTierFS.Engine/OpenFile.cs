using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Engine;

/// <summary>One open of a file.</summary>
/// <param name="NotesAccess">Reading counts as an access.</param>
internal sealed record OpenFile(Inode Inode, bool CanWrite, bool NotesAccess);
