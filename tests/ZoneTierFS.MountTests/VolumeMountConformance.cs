using Xunit;
using ZoneTierFS.MountTests.Conformance;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>All of ZoneTierFS, from the kernel to the zones.</summary>
[Trait("Kind", "Volume")]
public sealed class VolumeMountConformance(MountedVolume mount) : PosixConformance(mount), IClassFixture<MountedVolume>;
