using Xunit;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Linux;

public sealed class MountTableTests
{
    private static readonly IReadOnlyList<MountEntry> Table = MountTable.Parse(
    [
        "22 1 254:0 / / rw,relatime shared:1 master:3 - ext4 /dev/vda rw",
        "30 22 0:30 / /mnt/two\\040words\\134and rw,nosuid - fuse.ztfs models rw,user_id=0",
        "31 22 0:31 / /mnt/gr\\303\\274n rw - fuse.ztfs ztfs rw",
        "32 22 0:32 / /mnt/layered rw - ext4 /dev/vdb rw",
        "33 32 0:33 / /mnt/layered rw - fuse.ztfs ztfs rw",
        "not a line of the table",
    ]);

    [Fact]
    public void Lines_are_read_with_their_optional_fields_and_escapes() =>
        Assert.Equal(["/", "/mnt/two words\\and", "/mnt/grün", "/mnt/layered", "/mnt/layered"], Table.Select(entry => entry.Target));

    [Fact]
    public void An_entry_says_what_is_mounted() => Assert.Equal(new MountEntry("/", "254:0", "ext4"), Table.At("/"));

    [Fact]
    public void The_topmost_mount_counts() => Assert.Equal(new MountEntry("/mnt/layered", "0:33", "fuse.ztfs"), Table.At("/mnt/layered"));

    [Fact]
    public void Where_nothing_is_mounted_there_is_no_entry() => Assert.Null(Table.At("/mnt"));

    [Fact]
    public void The_kernels_own_table_can_be_read() => Assert.NotNull(MountTable.Read().At("/proc"));
}
