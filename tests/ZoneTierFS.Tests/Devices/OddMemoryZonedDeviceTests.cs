using ZoneTierFS.Devices;

namespace ZoneTierFS.Tests.Devices;

public sealed class OddMemoryZonedDeviceTests : MemoryZonedDeviceTests
{
    protected override ZonedGeometry Geometry => OddGeometry.Value;
}
