namespace ZoneTierFS.Fuse;

/// <summary>An opened file: the handle that later calls bring, and how the kernel may cache it.</summary>
/// <param name="KeepCache">The page cache may keep what it has from earlier opens.</param>
/// <param name="DirectIo">Reads and writes bypass the page cache, where the kernel can then still map the file (Linux 6.6); elsewhere this is ignored.</param>
/// <param name="AccessTimeMoved">The open counted as an access, so the kernel must ask for the attributes again.</param>
public readonly record struct FuseOpened(ulong Handle, bool KeepCache, bool DirectIo, bool AccessTimeMoved = false);
