using Xunit;

namespace ZoneTierFS.Tests.Tidy;

/// <summary>Reads the repository and fails on what the house does not allow. <see cref="TidyRulesTests"/> shows that each rule can fail.</summary>
public class TidyTests
{
    [Fact]
    public void Projects_refer_to_each_other_only_along_the_arrows() =>
        AssertNone(Repository.Files("*.csproj").SelectMany(path => ProjectRules.Arrows(path, Read(path))));

    [Fact]
    public void The_top_folder_holds_what_belongs_there()
    {
        IEnumerable<string> entries = Directory.EnumerateFileSystemEntries(Repository.Root).Select(path => Path.GetFileName(path));
        AssertNone(ProjectRules.StrayEntries(entries, File.ReadLines(Path.Combine(Repository.Root, ".gitignore"))));
    }

    [Fact]
    public void Every_project_of_src_has_a_readme()
    {
        IEnumerable<string> projects = Repository.Files("*.csproj").Where(path => path.StartsWith("src/", StringComparison.Ordinal));
        string[] folders = [.. projects.Select(path => Path.GetDirectoryName(path)!)];
        Assert.NotEmpty(folders);
        AssertNone(folders.Append("src").Select(folder => $"{folder}/README.md").Where(readme => !File.Exists(Path.Combine(Repository.Root, readme)))
            .Select(readme => $"{readme} is missing"));
    }

    [Fact]
    public void Files_methods_and_lines_are_short() => AssertNone(Repository.Sources.SelectMany(ShapeRules.Lengths));

    [Fact]
    public void A_file_has_one_public_type_and_its_name() => AssertNone(Repository.Sources.SelectMany(ShapeRules.PublicTypes));

    [Fact]
    public void Names_say_what_a_type_does() => AssertNone(Repository.Sources.SelectMany(ShapeRules.EmptyWords));

    [Fact]
    public void Nothing_is_left_for_later() => AssertNone(Repository.Sources.SelectMany(ShapeRules.LeftBehind));

    [Fact]
    public void Documents_and_scripts_leave_nothing_for_later_either() => AssertNone(
        from path in Repository.Files("*")
        where Path.GetExtension(path) is ".md" or ".sh" or ".json" or ".csproj"
        from line in File.ReadLines(Path.Combine(Repository.Root, path))
        where ShapeRules.LeftBehindWord().IsMatch(line)
        select $"{path}: {line.Trim()}");

    [Fact]
    public void Nothing_is_caught_without_a_reason() => AssertNone(Repository.Sources.SelectMany(ShapeRules.CatchesOfEverything));

    [Fact]
    public void The_engine_and_the_devices_see_time_and_chance_only_as_given() => AssertNone(
        from file in Repository.Sources
        where file.Path.Split('/')[1] is "ZoneTierFS.Engine" or "ZoneTierFS.Devices"
        from finding in ApiRules.Escapes(file)
        select finding);

    [Fact]
    public void Tests_do_not_sleep() => AssertNone(Repository.Sources.Where(file => file.IsTest).SelectMany(ApiRules.Sleeps));

    [Fact]
    public void Every_test_asserts_something() => AssertNone(AssertionRules.TestsWithoutAssertion([.. Repository.Sources.Where(file => file.IsTest)]));

    private static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    private static void AssertNone(IEnumerable<string> findings)
    {
        string[] all = [.. findings];
        Assert.True(all.Length == 0, $"{all.Length} found:\n{string.Join('\n', all)}");
    }
}
