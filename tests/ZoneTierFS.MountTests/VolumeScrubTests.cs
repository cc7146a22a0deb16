using System.Text.Json;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>`ztfs scrub` on a real mount.</summary>
public sealed class VolumeScrubTests
{
    [Fact]
    public void A_scrub_reads_the_mount_and_says_what_it_found()
    {
        using var volume = MountedVolume.Small();
        var bytes = new byte[5_000_000];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(Path.Combine(volume.Root, "f"), bytes);
        volume.Remount();
        using var done = Scrub(volume.Root);
        Assert.True(done.RootElement.GetProperty("bytesRead").GetInt64() >= bytes.Length);
        Assert.Equal(0, done.RootElement.GetProperty("lostBlocks").GetInt64());
        var finished = done.RootElement.GetProperty("finished").GetString();
        volume.Remount();
        using var status = Scrub(volume.Root, "--status");
        Assert.Equal(finished, status.RootElement.GetProperty("finished").GetString());
        Assert.False(status.RootElement.GetProperty("running").GetBoolean());
        Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(volume.Root, "f")));
    }

    private static JsonDocument Scrub(params string[] arguments)
    {
        var (exitCode, output) = TestProcess.RunZtfs(["scrub", "--json", .. arguments]);
        Assert.True(exitCode == 0, output);
        return JsonDocument.Parse(output);
    }
}
