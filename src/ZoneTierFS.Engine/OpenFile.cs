using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Engine;

/// <summary>One open of a file.</summary>
internal sealed record OpenFile(Inode Inode, bool CanWrite)
{
    public ReadStream Stream { get; } = new();
}
