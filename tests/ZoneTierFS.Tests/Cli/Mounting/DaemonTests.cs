using System.Diagnostics;
using Xunit;
using ZoneTierFS.Cli.Mounting;

namespace ZoneTierFS.Tests.Cli.Mounting;

public sealed class DaemonTests
{
    [Fact]
    public async Task AProcessIsWaitedForUntilItIsGone()
    {
        using var process = Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true })!;
        Assert.False(await Daemon.WaitForExitAsync(process.Id, TimeSpan.Zero, CancellationToken.None));
        process.StandardInput.Close();
        Assert.True(await Daemon.WaitForExitAsync(process.Id, TimeSpan.FromSeconds(30), CancellationToken.None));
    }

    [Fact]
    public async Task AProcessThatIsGoneIsNotWaitedFor() => Assert.True(await Daemon.WaitForExitAsync(int.MaxValue, TimeSpan.Zero, CancellationToken.None));
}
