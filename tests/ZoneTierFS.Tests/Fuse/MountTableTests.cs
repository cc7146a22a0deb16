using Xunit;
using ZoneTierFS.Fuse;

namespace ZoneTierFS.Tests.Fuse;

public sealed class MountTableTests
{
    private static readonly string[] Lines =
    [
        "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
        "40 22 0:45 / /mnt/models rw,nosuid,nodev - fuse.ztfs ztfs rw,user_id=0",
        "41 22 0:46 / /mnt/with\\040space\\134and rw - fuse.ztfs ztfs rw",
        "42 40 0:47 / /mnt/models rw - fuse.ztfs ztfs rw",
        "damaged line",
    ];

    [Theory]
    [InlineData("/", "254:0")]
    [InlineData("/mnt/models", "0:47")] // the one on top
    [InlineData("/mnt/with space\\and", "0:46")]
    [InlineData("/mnt", null)]
    public void The_device_of_a_mountpoint_is_found(string directory, string? device) => Assert.Equal(device, MountTable.FindDevice(Lines, directory));

    [Fact]
    public void The_kernels_own_table_is_read() => Assert.NotNull(MountTable.FindDevice("/"));
}
