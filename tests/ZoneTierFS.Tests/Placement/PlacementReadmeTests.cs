using Xunit;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Tests.Tidy;

namespace ZoneTierFS.Tests.Placement;

/// <summary>Holds the README's table of rules to the code.</summary>
public class PlacementReadmeTests
{
    private sealed record Row(string Reason, string Class, string AppliesTo);

    [Fact]
    public void The_table_has_every_rule_in_its_order()
    {
        List<(ClassReason Reason, FileClass Class)> rules = [];
        foreach (ClassifierRule rule in ClassifierRules.All)
        {
            if (rules.Count == 0 || rules[^1] != (rule.Reason, rule.Class))
            {
                rules.Add((rule.Reason, rule.Class));
            }
        }
        string[] expected =
        [
            "ExplicitAttribute any",
            "ConfiguredGlob any",
            .. rules.Select(rule => $"{rule.Reason} {rule.Class.ToString().ToLowerInvariant()}"),
            "DefaultOther other",
        ];
        Assert.Equal(expected, ReadTable().Select(row => $"{row.Reason} {row.Class}"));
    }

    [Fact]
    public void Every_reason_is_in_the_table() =>
        Assert.Empty(Enum.GetNames<ClassReason>().Except(ReadTable().Select(row => row.Reason)));

    [Fact]
    public void Every_pattern_is_in_its_row()
    {
        List<Row> table = ReadTable();
        foreach (ClassifierRule rule in ClassifierRules.All)
        {
            Assert.Contains(table, row => row.Reason == rule.Reason.ToString() && row.AppliesTo.Contains($"`{rule.Path}`", StringComparison.Ordinal));
        }
    }

    private static List<Row> ReadTable()
    {
        string readme = Path.Combine(Repository.Root, "src/ZoneTierFS.Engine/Placement/README.md");
        return [.. File.ReadLines(readme).SkipWhile(line => line != "| Reason | Class | Applies to |").Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Select(cells => new Row(cells[1].Trim('`'), cells[2], cells[3]))];
    }
}
