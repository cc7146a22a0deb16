using Xunit;
using ZoneTierFS.Cli.Mounting;

namespace ZoneTierFS.Tests.Cli.Mounting;

public sealed class MountTableTests
{
    private static readonly IReadOnlyList<MountEntry> Table = MountTable.Parse(
    [
        "22 1 254:0 / / rw,relatime shared:1 master:3 - ext4 /dev/vda rw",
        "30 22 0:30 / /mnt/two\\040words rw,nosuid - fuse.ztfs my\\134models rw,user_id=0",
        "31 22 0:31 / /mnt/gr\\303\\274n rw - fuse.ztfs ztfs rw",
        "32 22 0:32 / /mnt/layered rw - ext4 /dev/vdb rw",
        "33 32 0:33 / /mnt/layered rw - fuse.ztfs ztfs rw",
        "not a line of the table",
    ]);

    [Fact]
    public void LinesAreReadWithTheirOptionalFieldsAndEscapes() =>
        Assert.Equal(["/", "/mnt/two words", "/mnt/grün", "/mnt/layered", "/mnt/layered"], Table.Select(entry => entry.Target));

    [Fact]
    public void AnEntrySaysWhatIsMounted()
    {
        Assert.Equal(new MountEntry("/mnt/two words", "fuse.ztfs", "my\\models"), Table.At("/mnt/two words"));
        Assert.True(Table.At("/mnt/two words")!.IsOurs);
        Assert.False(Table.At("/")!.IsOurs);
    }

    [Fact]
    public void TheTopmostMountCounts() => Assert.Equal("fuse.ztfs", Table.At("/mnt/layered")!.Type);

    [Fact]
    public void WhereNothingIsMountedThereIsNoEntry() => Assert.Null(Table.At("/mnt"));

    [Fact]
    public void TheKernelsOwnTableCanBeRead() => Assert.NotNull(MountTable.Read().At("/proc"));
}
