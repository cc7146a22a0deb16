using Xunit;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Tests.Cli.Configuration;

public sealed class ConfigurationLoaderTests : IDisposable
{
    private const string Good = """
        {
          // the least that a configuration can be
          "tiers": [
            { "name": "tlc", "media": "tlc", "path": "images/tlc.img", "size": "1GiB" },
            {
              "name": "qlc", "media": "qlc", "path": "~/qlc.img", "size": "1.5GiB",
              "zoneSize": "64MiB", "zoneCapacity": "48MiB", "maxOpenZones": 6, "maxActiveZones": 6
            }
          ]
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("ztfs-configuration-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void PathsAreTakenFromTheFilesFolderAndFromHome()
    {
        var configuration = Load(Good);
        Assert.Equal(Path.Combine(_folder, "images/tlc.img"), configuration.Tiers[0].Path);
        Assert.Equal("/home/someone/qlc.img", configuration.Tiers[1].Path);
        Assert.Equal(Path.Combine(_folder, "images/ztfs.log"), configuration.Log.File);
    }

    [Fact]
    public void ATiersShapeComesFromItsSizes()
    {
        var tiers = Load(Good).Tiers;
        Assert.Equal((32, 32L << 20, 32L << 20, 0), (tiers[0].Geometry.ZoneCount, tiers[0].ZoneSize, tiers[0].ZoneCapacity, tiers[0].MaxOpenZones));
        Assert.Equal((24, 64L << 20, 48L << 20, 6), (tiers[1].Geometry.ZoneCount, tiers[1].ZoneSize, tiers[1].ZoneCapacity, tiers[1].MaxActiveZones));
    }

    [Fact]
    public void FlagsGoOverTheEnvironmentAndTheEnvironmentOverTheFile()
    {
        var text = Good.TrimEnd().TrimEnd('}') + """, "memory": { "dirtyBytesMax": "2MiB" }, "mover": { "interval": "2s", "quietTime": "2ms" } }""";
        var variables = new Dictionary<string, string>
        {
            ["ZTFS_MOVER__INTERVAL"] = "3s",
            ["ZTFS_MOVER__QUIETTIME"] = "3ms",
            ["ZTFS_TIERS__1__MAXOPENZONES"] = "3",
            ["ZTFS_CONFIG"] = "elsewhere",
            ["ZTFS_OTHER"] = "x",
        };
        var configuration = Load(text, variables, "mover.quietTime=4ms", "tiers[1].maxOpenZones=4", "mount.readOnly=true");
        Assert.Equal(2 << 20, configuration.Volume.DirtyBytesMax);
        Assert.Equal(TimeSpan.FromSeconds(3), configuration.Volume.MoveInterval);
        Assert.Equal(TimeSpan.FromMilliseconds(4), configuration.Volume.MoveQuietTime);
        Assert.Equal(4, configuration.Tiers[1].MaxOpenZones);
        Assert.True(configuration.Volume.ReadOnly && configuration.Mount.ReadOnly);
    }

    [Fact]
    public void ClassRulesKeepTheirOrder()
    {
        var text = Good.TrimEnd().TrimEnd('}') + """, "classes": [ { "glob": "a/**", "class": "kv" }, { "glob": "**/*.bin", "class": "weights" } ] }""";
        Assert.Equal([new ClassRule("a/**", FileClass.Kv), new ClassRule("**/*.bin", FileClass.Weights)], Load(text).Volume.ClassRules);
    }

    [Fact]
    public void EverythingThatIsWrongIsSaidAtOnce()
    {
        const string Text = """
            {
              "volumes": { "name": "x" },
              "volume": { "name": "two words" },
              "tiers": [
                { "name": "tlc", "media": "tcl", "path": "a.img", "size": "1GB", "zoneSise": "1MiB" },
                { "name": "tlc", "media": "qlc", "size": "100MiB", "zoneCapacity": "64MiB", "maxOpenZones": 7, "maxActiveZones": 6 }
              ],
              "memory": 5,
              "durability": { "commitInterval": "1d", "journalBytesMax": "2GiB" },
              "mover": { "interval": "1ms", "cleanBelowFreeFraction": 0.95, "bytesPerSecond": -1 },
              "classes": [ { "glob": "/x", "class": "weight" }, { "class": "kv" } ],
              "mount": { "workers": 1.5, "allowOther": "yes", "readAhead": null },
              "log": { "level": { "deep": 1 } }
            }
            """;
        string[] expected =
        [
            "volumes", "volume.name", "tiers[0].media", "tiers[0].size", "tiers[0].zoneSise", "tiers[1].path", "tiers[1].size", "tiers[1].zoneCapacity",
            "tiers[1].maxOpenZones", "tiers[1].name", "memory", "durability.commitInterval", "durability.journalBytesMax", "mover.interval",
            "mover.cleanBelowFreeFraction", "mover.bytesPerSecond", "classes[0].glob", "classes[0].class", "classes[1].glob", "mount.workers",
            "mount.allowOther", "mount.readAhead", "log.level",
        ];
        var problems = Problems(Text);
        Assert.Equal(expected.Order(StringComparer.Ordinal), problems.Select(problem => problem.Key).Order(StringComparer.Ordinal));
        Assert.All(problems, problem => Assert.True(problem.Mend.Length > 0 && problem.Source == Path.Combine(_folder, "volume.json")));
    }

    [Theory]
    [InlineData("memory.dirtyBytesMax=1KiB", "is too small", "1MiB to 4GiB")]
    [InlineData("memory.dirtyBytesMax=5GiB", "is too large", "1MiB to 4GiB")]
    [InlineData("memory.dirtyBytesMax=64", "cannot be read", "\"64MiB\"")]
    [InlineData("memory.dirtyBytes=64MiB", "there is no such key", "Did you mean memory.dirtyBytesMax?")]
    [InlineData("tiers[0].sizes=1GiB", "there is no such key", "Did you mean tiers[].size?")]
    [InlineData("log.level=informational", "is not among the allowed words", "Did you mean information?")]
    [InlineData("nonsense", "is no assignment", "--set key=value")]
    [InlineData("mount.readOnly=", "is empty", "true, false")]
    public void AWrongFlagIsSaidWithWhatIsAllowed(string assignment, string wrong, string mend)
    {
        var problem = Assert.Single(Problems(Good, null, assignment));
        Assert.Equal("--set", problem.Source);
        Assert.Equal(wrong, problem.Wrong);
        Assert.Contains(mend, problem.Mend, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ZTFS_MOVER__INTERVAL", "1 fortnight", "cannot be read")]
    [InlineData("ZTFS_MOVER__PACE", "1s", "there is no such key")]
    [InlineData("ZTFS_MOVER_INTERVAL", "1s", "a single underscore does not lead into a section")]
    public void AWrongVariableIsNamed(string variable, string value, string wrong)
    {
        var problem = Assert.Single(Problems(Good, new() { [variable] = value }));
        Assert.Equal((variable, wrong), (problem.Source, problem.Wrong));
    }

    [Theory]
    [InlineData("{ \"tiers\": [", "is not valid JSON at line 1")]
    [InlineData("[]", "top-level JSON element")]
    [InlineData("{ \"log\": { \"level\": \"error\", \"level\": \"debug\" } }", "duplicate key 'log.level'")]
    public void AFileThatIsNoConfigurationIsSaidSo(string text, string wrong) =>
        Assert.Contains(wrong, Assert.Single(Problems(text)).Wrong, StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void AMissingFileIsSaidSo()
    {
        var file = Path.Combine(_folder, "none.json");
        var refusal = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(file, new Dictionary<string, string>(), []));
        Assert.Equal("there is no such file", Assert.Single(refusal.Problems).Wrong);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{ \"tiers\": [] }")]
    public void AVolumeNeedsATier(string text)
    {
        var problem = Assert.Single(Problems(text));
        Assert.Equal(("tiers", "there are 0 tiers"), (problem.Key, problem.Wrong));
    }

    private VolumeConfiguration Load(string text, Dictionary<string, string>? variables = null, params string[] assignments)
    {
        var file = Path.Combine(_folder, "volume.json");
        File.WriteAllText(file, text);
        return ConfigurationLoader.Load(file, new Dictionary<string, string>(variables ?? []) { ["HOME"] = "/home/someone" }, assignments);
    }

    private IReadOnlyList<ConfigurationProblem> Problems(string text, Dictionary<string, string>? variables = null, params string[] assignments) =>
        Assert.Throws<ConfigurationException>(() => Load(text, variables, assignments)).Problems;
}
