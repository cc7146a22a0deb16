using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using ZoneTierFS.Cli.Commands;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Storage;
using ZoneTierFS.Engine;
using ZoneTierFS.Tests.Engine;

namespace ZoneTierFS.Tests.Cli.Commands;

/// <summary>The command line as a shell sees it: exit codes, the form of messages, JSON.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ztfs-commands-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData("fromat")]
    [InlineData("format --colour")]
    [InlineData("format")]
    [InlineData("mount --config volume.json")]
    [InlineData("mount --config volume.json mountpoint -o ro,nosuch")]
    [InlineData("status")]
    [InlineData("pin")]
    [InlineData("config validate nosuch.json")]
    [InlineData("check --config volume.json --set mover.interval=never")]
    public async Task AWrongCommandLineIsExitCodeTwo(string arguments)
    {
        var (code, output, error) = await RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Empty(output);
        Assert.Matches(@"^ztfs: [^\n]+: [^\n]+\. [^\n]+", error);
    }

    [Theory]
    [InlineData("status FOLDER", "not the root of a ztfs mount")]
    [InlineData("status FOLDER/none", "there is no such file")]
    [InlineData("explain FOLDER/volume.json", "not a file in a ztfs mount")]
    [InlineData("explain FOLDER", "is a directory")]
    [InlineData("pin FOLDER/volume.json", "not a file in a ztfs mount")]
    [InlineData("evict FOLDER/none", "there is no such file")]
    [InlineData("warm FOLDER", "not a file in a ztfs mount")]
    [InlineData("unmount FOLDER", "nothing is mounted there")]
    [InlineData("unmount /proc", "the mount is of type proc, not of ztfs")]
    [InlineData("mount --config FOLDER/volume.json FOLDER", "the mountpoint is not empty")]
    [InlineData("mount --config FOLDER/volume.json FOLDER/none", "the mountpoint does not exist")]
    [InlineData("check --config FOLDER/volume.json", "the device of tier 'tlc' is missing")]
    public async Task AFailureIsExitCodeOneInOneForm(string arguments, string wrong)
    {
        WriteConfiguration();
        var (code, _, error) = await RunAsync(arguments.Replace("FOLDER", _folder, StringComparison.Ordinal));
        Assert.Equal(ExitCode.Failed, code);
        Assert.Matches($@"^ztfs: {wrong}: /[^\n]+\. [^\n]+\.\n$", error);
    }

    [Fact]
    public async Task AFailureIsJsonWhereThatIsAskedFor()
    {
        var (_, output, error) = await RunAsync($"explain {_folder}/none --json");
        Assert.Equal($"ztfs: {JsonDocument.Parse(output).RootElement.GetProperty("error").GetString()}\n", error);
    }

    [Fact]
    public async Task AWrongConfigurationIsListedInJson()
    {
        WriteConfiguration();
        var (code, output, _) = await RunAsync($"format --config {_folder}/volume.json --set mover.interval=never --set log.level=loud --json");
        Assert.Equal(ExitCode.Usage, code);
        var problems = JsonDocument.Parse(output).RootElement.GetProperty("problems");
        Assert.Equal(["log.level", "mover.interval"], problems.EnumerateArray().Select(problem => problem.GetProperty("key").GetString()).Order());
        Assert.Equal(["volume.json"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task AVolumeIsFormattedCheckedAndInspected()
    {
        WriteConfiguration();
        var volume = $"--config {_folder}/volume.json";
        var (code, output, _) = await RunAsync($"format {volume} --json");
        Assert.Equal(ExitCode.Fine, code);
        var uuid = JsonDocument.Parse(output).RootElement.GetProperty("uuid").GetString();

        (code, output, _) = await RunAsync($"check {volume} --json");
        Assert.Equal(ExitCode.Fine, code);
        Assert.Equal(0, JsonDocument.Parse(output).RootElement.GetProperty("damage").GetArrayLength());

        (code, output, _) = await RunAsync($"inspect {volume} --json");
        Assert.Equal(ExitCode.Fine, code);
        var tiers = JsonDocument.Parse(output).RootElement;
        Assert.All(tiers.EnumerateArray(), tier => Assert.Equal(uuid, tier.GetProperty("superblock").GetProperty("uuid").GetString()));
        Assert.Equal([16, 32], tiers.EnumerateArray().Select(tier => tier.GetProperty("zones").GetArrayLength()));

        (code, output, _) = await RunAsync($"inspect {volume}");
        Assert.Equal(ExitCode.Fine, code);
        Assert.Contains("tlc: 16 zones of 1 MiB", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FormattingDestroysNothingUnasked()
    {
        WriteConfiguration();
        var volume = $"--config {_folder}/volume.json";
        var (_, output, _) = await RunAsync($"format {volume} --json");
        var uuid = JsonDocument.Parse(output).RootElement.GetProperty("uuid").GetString();
        var (code, _, error) = await RunAsync($"format {volume}");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains($"tlc.img holds volume {uuid} (tier tlc, device 1 of 2); ", error, StringComparison.Ordinal);
        Assert.Contains("--force", error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Fine, (await RunAsync($"format {volume} --force")).Code);
    }

    [Fact]
    public async Task FormattingLooksAtAllDevicesBeforeItTouchesOne()
    {
        WriteConfiguration();
        File.WriteAllText(Path.Combine(_folder, "qlc.img"), "my diary");
        var (code, _, error) = await RunAsync($"format --config {_folder}/volume.json");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("8 bytes of something", error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "tlc.img")));
        Assert.Equal("my diary", File.ReadAllText(Path.Combine(_folder, "qlc.img")));
    }

    [Fact]
    public async Task AFormatThatFailsLeavesNothingBehind()
    {
        WriteConfiguration();
        var (code, _, _) = await RunAsync($"format --config {_folder}/volume.json --set tiers[1].path={_folder}/volume.json/qlc.img");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal(["volume.json"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task TheSmallestVolumeThatTheRulesAllowCanBeFormatted()
    {
        WriteConfiguration();
        var limits = "--set tiers[0].maxOpenZones=5 --set tiers[0].maxActiveZones=5 --set tiers[1].maxOpenZones=4 --set tiers[1].maxActiveZones=4";
        var volume = $"--config {_folder}/volume.json --set tiers[1].size=14MiB {limits}";
        Assert.Equal(ExitCode.Fine, (await RunAsync($"format {volume}")).Code);
        Assert.Equal(ExitCode.Fine, (await RunAsync($"check {volume}")).Code);
        foreach (var tooSmall in (string[])["tiers[0].size=15MiB", "tiers[1].size=13MiB", "tiers[0].maxOpenZones=4", "tiers[1].maxOpenZones=3"])
            Assert.Equal(ExitCode.Usage, (await RunAsync($"format --force {volume} --set {tooSmall}")).Code);
    }

    [Fact]
    public async Task WhatIsNoImageIsSaidSo()
    {
        WriteConfiguration();
        File.WriteAllText(Path.Combine(_folder, "tlc.img"), "my diary");
        var (code, _, error) = await RunAsync($"inspect --config {_folder}/volume.json");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("the device of tier 'tlc' holds 8 bytes of something", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADeviceOfAnotherShapeIsSaidSo()
    {
        WriteConfiguration();
        var volume = $"--config {_folder}/volume.json";
        await RunAsync($"format {volume}");
        var (code, _, error) = await RunAsync($"check {volume} --set tiers[1].size=64MiB");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("zones: 64 configured, 32 there", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DamageIsExitCodeThree()
    {
        WriteConfiguration();
        var volume = $"--config {_folder}/volume.json";
        await RunAsync($"format {volume}");
        await StoreAsync("precious.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("never twice the same ", 1000))));
        var image = Path.Combine(_folder, "tlc.img");
        var bytes = File.ReadAllBytes(image);
        bytes[bytes.AsSpan().IndexOf("never twice"u8) + 6] ^= 1;
        File.WriteAllBytes(image, bytes);
        var (code, output, _) = await RunAsync($"check {volume} --json");
        Assert.Equal(ExitCode.Damage, code);
        Assert.Contains("/precious.txt", JsonDocument.Parse(output).RootElement.GetProperty("damage")[0].GetString(), StringComparison.Ordinal);
        Assert.Contains("Damage found: 1 files", (await RunAsync($"check {volume}")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProgressIsPlainLinesWhereNobodyWatches()
    {
        WriteConfiguration();
        var (_, _, error) = await RunAsync($"format --config {_folder}/volume.json");
        Assert.Contains("formatting: 100 %", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryCommandHasHelp()
    {
        string[] commands = ["format", "mount", "unmount", "status", "explain", "pin", "unpin", "warm", "evict", "check", "inspect", "config validate"];
        foreach (var command in commands)
        {
            var (code, output, _) = await RunAsync($"{command} --help");
            Assert.Equal(ExitCode.Fine, code);
            Assert.Contains("--json", output, StringComparison.Ordinal);
        }
    }

    private async Task StoreAsync(string name, byte[] content)
    {
        var configuration = ConfigurationLoader.Load(Path.Combine(_folder, "volume.json"), new Dictionary<string, string>(), []);
        var devices = await TierImages.OpenAsync(configuration, readOnly: false, NullLogger.Instance);
        await using var volume = await Volume.OpenAsync(devices, configuration.Volume, VolumeFixture.Environment, CancellationToken.None);
        var file = await volume.CreateAsync(Volume.RootInode, VolumeFixture.Name(name), ZoneTierFS.Linux.FileMode.S_IFREG | 0x1A4, 0, VolumeFixture.Root);
        var handle = (await volume.OpenFileAsync(file.Value.Inode, OpenFlags.Write)).Value;
        Assert.Equal(content.Length, (await volume.WriteAsync(handle, 0, content, append: false, killSetId: false)).Value);
        await volume.ReleaseAsync(handle);
    }

    private void WriteConfiguration() => File.WriteAllText(Path.Combine(_folder, "volume.json"), """
        {
          "tiers": [
            { "name": "tlc", "media": "tlc", "path": "tlc.img", "size": "16MiB", "zoneSize": "1MiB" },
            { "name": "qlc", "media": "qlc", "path": "qlc.img", "size": "32MiB", "zoneSize": "1MiB" }
          ],
          "durability": { "journalBytesMax": "2MiB" }
        }
        """);

    private static async Task<(ExitCode Code, string Output, string Error)> RunAsync(string arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CommandHost(output, error, false, new Dictionary<string, string> { ["HOME"] = "/nowhere" });
        var code = await CommandLine.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), host);
        return (code, output.ToString(), error.ToString());
    }
}
