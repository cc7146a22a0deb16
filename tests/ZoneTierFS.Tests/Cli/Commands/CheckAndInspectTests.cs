using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using ZoneTierFS.Cli.Commands;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Storage;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Linux;
using ZoneTierFS.Tests.Engine;

namespace ZoneTierFS.Tests.Cli.Commands;

/// <summary>`ztfs check --repair` and `ztfs inspect` on images, as a shell sees them.</summary>
public sealed class CheckAndInspectTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("ztfs-check-").FullName;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_repair_says_what_it_will_do_and_does_nothing_unless_it_is_told_to()
    {
        await MakeBrokenAsync();
        var before = File.ReadAllBytes(Image);
        var (code, output, error) = await RunAsync("check --repair");
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("Correct the link count of inode 1 from 77 to 3.", output, StringComparison.Ordinal);
        Assert.Contains("Add --yes", error, StringComparison.Ordinal);
        (code, output, _) = await RunAsync("check --repair", answer: "n\n");
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("Do all this? [y/N]", output, StringComparison.Ordinal);
        Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(Image)));
        Assert.Equal(ExitCode.Damage, (await RunAsync("check")).Code);
    }

    [Theory]
    [InlineData("check --repair --yes", null)]
    [InlineData("check --repair", "y\n")]
    [InlineData("check --repair --yes --json", null)]
    public async Task A_repair_mends_and_checks_again(string arguments, string? answer)
    {
        await MakeBrokenAsync();
        Assert.Equal(ExitCode.Fine, (await RunAsync(arguments, answer)).Code);
        var (code, output, _) = await RunAsync("check --json");
        Assert.Equal(ExitCode.Fine, code);
        Assert.Equal(0, JsonDocument.Parse(output).RootElement.GetProperty("findings").GetArrayLength());
    }

    [Fact]
    public async Task Findings_are_JSON_with_kind_place_and_whether_they_can_be_mended()
    {
        await MakeBrokenAsync();
        var (code, output, _) = await RunAsync("check --json");
        Assert.Equal(ExitCode.Damage, code);
        var finding = Assert.Single(JsonDocument.Parse(output).RootElement.GetProperty("findings").EnumerateArray());
        Assert.Equal(("Links", "/", 1, true), (finding.GetProperty("kind").GetString(), finding.GetProperty("path").GetString(),
            finding.GetProperty("inode").GetInt32(), finding.GetProperty("repairable").GetBoolean()));
    }

    [Theory]
    [InlineData("superblocks", "newest")]
    [InlineData("root", "checkpoint root of generation")]
    [InlineData("page 0", "usedBytes")]
    [InlineData("path 100:0", "mode 40700")]
    [InlineData("inode 1", "name folder")]
    [InlineData("file /folder", "mode 40755")]
    [InlineData("journal", "nothing more was written")]
    [InlineData("zone tlc 0", "beginsWith a superblock")]
    [InlineData("checksums", "checksum pages")]
    [InlineData("items", "Entry: items 1")]
    public async Task Every_structure_can_be_inspected(string what, string expected)
    {
        await MakeBrokenAsync();
        var (code, output, error) = await RunAsync($"inspect {what}");
        Assert.Equal((ExitCode.Fine, ""), (code, error));
        Assert.Contains(expected, output, StringComparison.Ordinal);
        (code, output, _) = await RunAsync($"inspect {what} --json");
        Assert.Equal(ExitCode.Fine, code);
        Assert.False(string.IsNullOrEmpty(JsonDocument.Parse(output).RootElement.GetProperty("title").GetString()));
    }

    [Theory]
    [InlineData("inspect nonsense", 2)]
    [InlineData("inspect page x", 2)]
    [InlineData("inspect zone tlc 99999", 2)]
    [InlineData("inspect file /none", 1)]
    public async Task What_is_not_there_is_said_so(string arguments, int expected)
    {
        await MakeBrokenAsync();
        var (code, _, error) = await RunAsync(arguments);
        Assert.Equal(expected, (int)code);
        Assert.Matches(@"^ztfs: [^\n]+: [^\n]+\. [^\n]+", error);
    }

    [Fact]
    public async Task A_volume_that_cannot_be_opened_is_checked_and_inspected_as_far_as_that_goes()
    {
        await MakeBrokenAsync();
        foreach (var image in new[] { Image, Path.Combine(_folder, "qlc.img") }) SpoilPages(image);
        var (code, output, _) = await RunAsync("check");
        Assert.Equal(ExitCode.Damage, code);
        Assert.Contains("is damaged: checksum mismatch", output, StringComparison.Ordinal);
        (code, output, _) = await RunAsync("inspect superblocks");
        Assert.Equal(ExitCode.Fine, code);
        Assert.Contains("newest", output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Damage, (await RunAsync("inspect root")).Code);
    }

    private static void SpoilPages(string image)
    {
        var bytes = File.ReadAllBytes(image);
        for (var at = bytes.AsSpan().IndexOf("ZTPG"u8); at >= 0;)
        {
            bytes[at + 5000] ^= 1; // in every page of metadata
            var next = bytes.AsSpan(at + 4).IndexOf("ZTPG"u8);
            at = next < 0 ? -1 : at + 4 + next;
        }
        File.WriteAllBytes(image, bytes);
    }

    private string Image => Path.Combine(_folder, "tlc.img");

    /// <summary>A volume with a folder, and a wrong link count in its root.</summary>
    private async Task MakeBrokenAsync()
    {
        File.WriteAllText(Path.Combine(_folder, "volume.json"), """
            {
              "tiers": [
                { "name": "tlc", "media": "tlc", "path": "tlc.img", "size": "16MiB", "zoneSize": "1MiB" },
                { "name": "qlc", "media": "qlc", "path": "qlc.img", "size": "32MiB", "zoneSize": "1MiB" }
              ],
              "durability": { "journalBytesMax": "2MiB" }
            }
            """);
        Assert.Equal(ExitCode.Fine, (await RunAsync("format")).Code);
        var configuration = ConfigurationLoader.Load(Path.Combine(_folder, "volume.json"), new Dictionary<string, string>(), []);
        var devices = await TierImages.OpenAsync(configuration, readOnly: false, NullLogger.Instance);
        await using (var volume = await Volume.OpenAsync(devices, configuration.Volume, VolumeFixture.Environment, CancellationToken.None))
            Assert.True((await volume.MakeDirectoryAsync(Volume.RootInode, VolumeFixture.Name("folder"), 0x1ED, VolumeFixture.Root)).IsOk);
        devices = await TierImages.OpenAsync(configuration, readOnly: false, NullLogger.Instance);
        using (var state = await Recovery.OpenAsync(devices, configuration.Volume, VolumeFixture.Environment, CancellationToken.None))
        {
            lock (state.Gate)
            {
                BrokenVolume.ChangeRecord(state, Volume.RootInode, (ref InodeRecord record) => (record.LinkCount, record.Mode) = (77, 0x41C0));
                state.Journal.EndTransaction();
            }
            await LeftoverZones.SettleAsync(state);
            Assert.Equal(Errno.Ok, await state.Checkpointer.RunAsync());
        }
        await TierImages.CloseAsync(devices);
    }

    private async Task<(ExitCode Code, string Output, string Error)> RunAsync(string arguments, string? answer = null)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CommandHost(output, error, false, new Dictionary<string, string> { ["HOME"] = "/nowhere" })
        {
            Input = answer is null ? null : new StringReader(answer),
        };
        string[] words = [.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--config", $"{_folder}/volume.json"];
        var code = await CommandLine.RunAsync(words, host);
        return (code, output.ToString(), arguments.StartsWith("check", StringComparison.Ordinal) || code != ExitCode.Fine ? error.ToString() : "");
    }
}
