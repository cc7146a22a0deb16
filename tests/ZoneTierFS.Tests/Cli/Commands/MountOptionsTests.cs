using Xunit;
using ZoneTierFS.Cli.Commands;

namespace ZoneTierFS.Tests.Cli.Commands;

public sealed class MountOptionsTests
{
    [Fact]
    public void WordsBecomeSettingsInTheirOrder() =>
        Assert.Equal(["mount.readOnly=true", "mount.allowOther=true", "mount.readOnly=false"], MountOptions.Translate(["ro,allow_other", "defaults,rw"]));

    [Fact]
    public void UnknownWordsAreNamedTogether()
    {
        var refusal = Assert.Throws<CommandException>(() => MountOptions.Translate(["ro,fast,loud"]));
        Assert.Equal(ExitCode.Usage, refusal.Code);
        Assert.StartsWith(
            "unknown mount options: fast, loud. Known are ro, rw, degraded, noatime, relatime, allow_other", refusal.Message, StringComparison.Ordinal);
    }
}
