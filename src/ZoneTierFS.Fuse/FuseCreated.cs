using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>A file that was created and opened in one step.</summary>
public readonly record struct FuseCreated(FileStatus Status, FuseOpened Opened);
