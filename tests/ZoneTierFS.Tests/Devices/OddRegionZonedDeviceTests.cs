using ZoneTierFS.Devices;

namespace ZoneTierFS.Tests.Devices;

public sealed class OddRegionZonedDeviceTests : RegionZonedDeviceTests
{
    protected override ZonedGeometry Geometry => OddGeometry.Value;
}
