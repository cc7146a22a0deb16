using Xunit;

namespace ZoneTierFS.Tests.Tidy;

/// <summary>Shows for each tidy rule that it finds what it should and leaves the rest alone.</summary>
public class TidyRulesTests
{
    [Fact]
    public void Sources_are_found()
    {
        Assert.Contains(Repository.Sources, file => file.Path == "src/ZoneTierFS.Engine/Placement/FileClass.cs");
        Assert.Contains(Repository.Sources, file => file.Path == "tests/ZoneTierFS.Tests/Tidy/TidyRulesTests.cs" && file.IsTest);
        Assert.DoesNotContain(Repository.Sources, file => file.Path.Contains("/obj/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("src/ZoneTierFS.Engine/ZoneTierFS.Engine.csproj", "../ZoneTierFS.Devices/ZoneTierFS.Devices.csproj", 0)]
    [InlineData("src/ZoneTierFS.Engine/ZoneTierFS.Engine.csproj", "..\\ZoneTierFS.Fuse\\ZoneTierFS.Fuse.csproj", 1)]
    [InlineData("src/ZoneTierFS.Linux/ZoneTierFS.Linux.csproj", "../ZoneTierFS.Devices/ZoneTierFS.Devices.csproj", 1)]
    [InlineData("src/ZoneTierFS.Misc/ZoneTierFS.Misc.csproj", "../ZoneTierFS.Devices/ZoneTierFS.Devices.csproj", 1)]
    [InlineData("src/ZoneTierFS.Cli/ZoneTierFS.Cli.csproj", "../../tests/ZoneTierFS.Simulation/ZoneTierFS.Simulation.csproj", 1)]
    [InlineData("tests/ZoneTierFS.Tests/ZoneTierFS.Tests.csproj", "../ZoneTierFS.Simulation/ZoneTierFS.Simulation.csproj", 0)]
    public void Arrows_are_checked(string project, string target, int findings) =>
        Assert.Equal(findings, ProjectRules.Arrows(project, $"""<Project><ItemGroup><ProjectReference Include="{target}" /></ItemGroup></Project>""").Count());

    [Fact]
    public void Stray_entries_are_found() => Assert.Equal(
        ["docs does not belong into the top folder", "notes.txt does not belong into the top folder"],
        ProjectRules.StrayEntries(["src", "docs", ".git", "Directory.Build.props", "LICENSE", "artifacts", "notes.txt"], ["bin/", "artifacts/"]));

    [Theory]
    [InlineData(ShapeRules.FileLinesMax, 0)]
    [InlineData(ShapeRules.FileLinesMax + 1, 1)]
    public void Long_files_are_found(int lines, int findings) =>
        Assert.Equal(findings, ShapeRules.Lengths(Source(string.Concat(Enumerable.Repeat("// line\n", lines)))).Count());

    [Theory]
    [InlineData(ShapeRules.LineWidthMax, 0)]
    [InlineData(ShapeRules.LineWidthMax + 1, 1)]
    public void Wide_lines_are_found(int width, int findings) => Assert.Equal(findings, ShapeRules.Lengths(Source("//" + new string('x', width - 2))).Count());

    [Theory]
    [InlineData("void M()\n{\n", 57, 0)]
    [InlineData("void M()\n{\n", 58, 1)]
    [InlineData("[Theory]\n[InlineData(1)]\n[InlineData(2)]\npublic void M()\n{\n", 57, 0)]
    [InlineData("public C()\n{\n", 58, 1)]
    [InlineData("int P\n{\nget\n{\n", 58, 1)]
    public void Long_methods_are_found(string start, int lines, int findings)
    {
        string body = string.Concat(Enumerable.Repeat("F();\n", lines));
        string end = string.Concat(Enumerable.Repeat("}\n", start.Count(character => character == '{')));
        Assert.Equal(findings, ShapeRules.Lengths(Source($"class C\n{{\n{start}{body}{end}}}")).Count());
    }

    [Theory]
    [InlineData("public class Sample { public class Inner; }", 0)]
    [InlineData("namespace N; public struct Sample; internal class Other;", 0)]
    [InlineData("namespace N { public partial class Sample; public partial class Sample<T>; }", 0)]
    [InlineData("internal class Other;", 0)]
    [InlineData("public class Other;", 1)]
    [InlineData("namespace N; public class Sample; public enum Other { A }", 1)]
    [InlineData("public delegate void First(); public interface Second;", 2)]
    public void Public_types_have_a_file_of_their_own(string code, int findings) => Assert.Equal(findings, ShapeRules.PublicTypes(Source(code)).Count());

    [Theory]
    [InlineData("class ZoneManager;", 1)]
    [InlineData("static class PathUtils;", 1)]
    [InlineData("struct Helper;", 1)]
    [InlineData("class ManagerOfNothing;", 0)]
    public void Names_without_meaning_are_found(string code, int findings) => Assert.Equal(findings, ShapeRules.EmptyWords(Source(code)).Count());

    [Theory]
    [InlineData("// TODO: later", 1)]
    [InlineData("/* a HACK */", 1)]
    [InlineData("/// <summary>FIXME</summary>\nclass C;", 1)]
    [InlineData("// no todo here, and TODOS is another word", 0)]
    [InlineData("class C { string s = \"TODO\"; }", 0)]
    [InlineData("class C { void M() => throw new NotImplementedException(); }", 1)]
    [InlineData("class C { void M() => throw new System.NotImplementedException(); }", 1)]
    [InlineData("class C { [Fact(Skip = \"slow\")] void M() => Assert.True(true); }", 1)]
    [InlineData("class C { [Fact(Timeout = 5)] void M() => items.Skip(1); }", 0)]
    public void What_is_left_for_later_is_found(string code, int findings) => Assert.Equal(findings, ShapeRules.LeftBehind(Source(code)).Count());

    [Theory]
    [InlineData("catch { }", 1)]
    [InlineData("catch (Exception) { }", 1)]
    [InlineData("catch (System.Exception e) { Log(e); }", 1)]
    [InlineData("catch (Exception e) when (e is IOException) { }", 0)]
    [InlineData("catch (Exception) { Undo(); throw; }", 0)]
    [InlineData("catch (Exception e) { throw new VolumeException(e); }", 0)]
    [InlineData("catch (Exception e) { /* The handler of a request must answer whatever happens. */ Reply(e); }", 0)]
    [InlineData("catch (IOException) { }", 0)]
    public void Catches_of_everything_are_found(string clause, int findings) =>
        Assert.Equal(findings, ShapeRules.CatchesOfEverything(Source($"class C {{ void M() {{ try {{ F(); }} {clause} }} }}")).Count());

    [Theory]
    [InlineData("DateTime.Now", 1)]
    [InlineData("System.DateTime.UtcNow.Ticks", 1)]
    [InlineData("DateTimeOffset.UtcNow", 1)]
    [InlineData("Stopwatch.StartNew()", 1)]
    [InlineData("new Stopwatch()", 1)]
    [InlineData("Task.Run(F)", 1)]
    [InlineData("Thread.Sleep(1)", 1)]
    [InlineData("Random.Shared.Next()", 1)]
    [InlineData("F().ConfigureAwait(false)", 1)]
    [InlineData("Task.Delay(10)", 1)]
    [InlineData("Task.Delay(10, token)", 1)]
    [InlineData("Task.Delay(span, _time, token)", 0)]
    [InlineData("Task.Delay(span, environment.Time)", 0)]
    [InlineData("time.GetUtcNow()", 0)]
    [InlineData("new Random(seed).Next()", 0)]
    [InlineData("MyTask.Runner", 0)]
    public void Escapes_from_the_given_world_are_found(string expression, int findings) =>
        Assert.Equal(findings, ApiRules.Escapes(Source($"class C {{ object M() => {expression}; }}")).Count());

    [Theory]
    [InlineData("Thread.Sleep(1)", 1)]
    [InlineData("await Task.Delay(1)", 1)]
    [InlineData("await Task.Delay(span, world.Time)", 0)]
    [InlineData("await Task.Yield()", 0)]
    public void Sleeping_tests_are_found(string statement, int findings) =>
        Assert.Equal(findings, ApiRules.Sleeps(Source($"class C {{ async Task M() {{ {statement}; }} }}")).Count());

    [Theory]
    [InlineData("[Fact] void T() { F(); }", 1)]
    [InlineData("[Fact] void T() => Assert.True(F());", 0)]
    [InlineData("[Theory] [InlineData(1)] void T(int i) => Deep(i); void Deep(int i) => Deeper(i); void Deeper(int i) { Assert.Equal(1, i); }", 0)]
    [InlineData("[Theory] void T(int i) => Deep(i); void Deep(int i) => Deeper(i); void Deeper(int i) { }", 1)]
    [InlineData("[Fact] void T() { Other(); } [Fact] void Other() => Assert.True(true);", 1)]
    [InlineData("[Fact] void T() => Prop.ForAll<int>(i => i == i).QuickCheckThrowOnFailure();", 0)]
    [InlineData("void NoTest() { F(); }", 0)]
    public void Tests_that_assert_nothing_are_found(string members, int findings) =>
        Assert.Equal(findings, AssertionRules.TestsWithoutAssertion([Source($"class C {{ {members} }}")]).Count());

    private static SourceFile Source(string code) => new("tests/Sample.cs", code);
}
