using Xunit;
using ZoneTierFS.MountTests.Conformance;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>The FUSE layer alone, on a filesystem in memory.</summary>
public sealed class MemoryMountConformance(MemoryMount mount) : PosixConformance(mount), IClassFixture<MemoryMount>;
