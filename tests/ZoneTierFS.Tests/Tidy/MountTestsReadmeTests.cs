using System.Text.RegularExpressions;
using Xunit;

namespace ZoneTierFS.Tests.Tidy;

/// <summary>The promises in the mount tests' README name tests that there are.</summary>
public sealed partial class MountTestsReadmeTests
{
    private const string Folder = "tests/ZoneTierFS.MountTests";

    [Fact]
    public void Every_promise_names_its_tests()
    {
        string folder = Path.Combine(Repository.Root, Folder);
        string[] promises = [.. File.ReadLines(Path.Combine(folder, "README.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1)];
        string sources = string.Concat(Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        HashSet<string> tests = [.. TestMethod().Matches(sources).Select(match => match.Groups[1].Value)];
        Assert.True(promises.Length > 25);
        Assert.All(promises, promise =>
        {
            string[] named = [.. TestName().Matches(promise).Select(match => match.Groups[1].Value)];
            Assert.NotEmpty(named);
            Assert.Empty(named.Except(tests));
        });
    }

    [GeneratedRegex("`([A-Z][A-Za-z0-9]*_[A-Za-z0-9_]+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"public (?:async )?(?:Task|void) (\w+)\(")]
    private static partial Regex TestMethod();
}
