using System.Text.Json.Nodes;
using Xunit;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Tests.Cli.Configuration;

public sealed class ConfigurationDocumentsTests
{
    [Fact]
    public void TheTableInTheReadmeSaysWhatTheCodeSays()
    {
        var rows = File.ReadLines(Path.Combine(ConfigurationDocuments.Folder(), "README.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal));
        Assert.Equal(SettingKeys.All.Select(ConfigurationDocuments.TableRow), rows);
    }

    [Fact]
    public void TheSchemaSaysWhatTheCodeSays()
    {
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(ConfigurationDocuments.Folder(), "schema.json")))!;
        var expected = ConfigurationDocuments.Schema();
        Assert.True(JsonNode.DeepEquals(expected, schema), $"schema.json must be:\n{expected}");
    }

    [Fact]
    public void EveryConfigurationInTheFolderIsValid()
    {
        var files = Directory.GetFiles(ConfigurationDocuments.Folder(), "*.json").Where(file => Path.GetFileName(file) != "schema.json").ToList();
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.NotEmpty(ConfigurationLoader.Load(file, new Dictionary<string, string> { ["HOME"] = "/home/someone" }, []).Tiers));
    }

    [Fact]
    public void TheDefaultsAreTheEngines()
    {
        var file = Path.Combine(ConfigurationDocuments.Folder(), "embedded.json");
        var configuration = ConfigurationLoader.Load(file, new Dictionary<string, string>(), []);
        Assert.Equal(new VolumeOptions { ClassRules = configuration.Volume.ClassRules }, configuration.Volume);
        Assert.Empty(configuration.Volume.ClassRules);
    }
}
