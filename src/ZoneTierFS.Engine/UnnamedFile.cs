using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>A file that was made without a name, and its open handle.</summary>
public readonly record struct UnnamedFile(FileStatus Status, ulong Handle);
