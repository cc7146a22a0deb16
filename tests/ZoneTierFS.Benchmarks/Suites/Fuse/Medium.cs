namespace ZoneTierFS.Benchmarks.Suites.Fuse;

/// <summary>What the folders lie on; targets differ.</summary>
internal enum Medium
{
    Ram,
    Disk,
}
