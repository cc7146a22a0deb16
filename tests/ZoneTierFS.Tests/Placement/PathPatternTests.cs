using System.Text;
using Xunit;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Tests.Placement;

public class PathPatternTests
{
    [Theory]
    [InlineData("models/*.gguf", "models/a.gguf", true)]
    [InlineData("models/*.gguf", "models/deep/a.gguf", false)]
    [InlineData("*.gguf", "a.gguf", true)]
    [InlineData("*.gguf", "models/a.gguf", false)]
    [InlineData("**.gguf", "models/deep/a.gguf", true)]
    [InlineData("**/a.gguf", "a.gguf", true)]
    [InlineData("**/a.gguf", "x/y/a.gguf", true)]
    [InlineData("**/a.gguf", "xa.gguf", false)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("a/**/b", "a/xb", false)]
    [InlineData("a/**", "a/x/y", true)]
    [InlineData("a/**", "a/", true)]
    [InlineData("a/**", "a", false)]
    [InlineData("a/x**y", "a/x/1/y", true)]
    [InlineData("?.bin", "ü.bin", true)]
    [InlineData("?.bin", "模.bin", true)]
    [InlineData("??.bin", "模.bin", false)]
    [InlineData("?.bin", "/.bin", false)]
    [InlineData("模*", "模型.gguf", true)]
    [InlineData("[a].{b}", "[a].{b}", true)]
    [InlineData("[a].{b}", "a.b", false)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("*", "", true)]
    [InlineData("**", "any/thing at all", true)]
    public void A_glob_matches_whole_paths(string glob, string path, bool expected) =>
        Assert.Equal(expected, PathPattern.FromGlob(glob).Matches(Encoding.UTF8.GetBytes(path)));

    [Theory]
    [InlineData("{hex:3}/{hex:2}_g{int}", "0af/9b_g12", true)]
    [InlineData("{hex:3}/{hex:2}_g{int}", "0aF/9b_g12", false)]
    [InlineData("{hex:3}/{hex:2}_g{int}", "0a/9b_g12", false)]
    [InlineData("{hex:3}/{hex:2}_g{int}", "0afe/9b_g12", false)]
    [InlineData("{hex:3}/{hex:2}_g{int}", "0af/9b_g", false)]
    [InlineData("{hex:2+}_*.bin", "abcdef_x.bin", true)]
    [InlineData("{hex:2+}_*.bin", "a_x.bin", false)]
    public void A_rule_may_ask_for_runs_of_digits(string pattern, string path, bool expected) =>
        Assert.Equal(expected, PathPattern.FromRule(pattern).Matches(Encoding.UTF8.GetBytes(path)));

    [Fact]
    public void It_agrees_with_a_naive_matcher()
    {
        Random random = new(20260101);
        int matches = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string glob = Text(random, ["a", "b", "/", "*", "?", "**", "**/", "ü"], 7);
            string path = Text(random, ["a", "b", "/", "ü", "b/a"], 7);
            bool expected = NaiveMatches(glob, 0, path);
            matches += expected ? 1 : 0;
            Assert.True(expected == PathPattern.FromGlob(glob).Matches(Encoding.UTF8.GetBytes(path)), $"'{glob}' on '{path}' should be {expected}");
        }
        Assert.InRange(matches, 1_000, 19_000);
    }

    [Fact]
    public void Many_stars_cost_no_exponential_time()
    {
        PathPattern pattern = PathPattern.FromGlob(string.Concat(Enumerable.Repeat("*a**", 100)) + "b?");
        byte[] path = Encoding.UTF8.GetBytes(new string('a', 4094) + "bb");
        Assert.True(pattern.Matches(path));
        Assert.False(pattern.Matches(path.AsSpan(..^2)));
    }

    [Fact]
    public void A_pattern_too_long_is_refused()
    {
        Assert.True(PathPattern.FromGlob(new string('a', PathPattern.StepsMax)).Matches(Encoding.UTF8.GetBytes(new string('a', PathPattern.StepsMax))));
        Assert.Throws<ArgumentException>(() => PathPattern.FromGlob(new string('a', PathPattern.StepsMax + 1)));
        Assert.Throws<ArgumentException>(() => PathPattern.FromRule("{octal}"));
    }

    private static string Text(Random random, string[] parts, int countMax) =>
        string.Concat(Enumerable.Range(0, random.Next(countMax)).Select(_ => parts[random.Next(parts.Length)]));

    /// <summary>The definition, spelled out over characters, with all the backtracking that the real one avoids.</summary>
    private static bool NaiveMatches(string glob, int at, string path)
    {
        string rest = glob[at..];
        if (rest.Length == 0)
        {
            return path.Length == 0;
        }
        if ((at == 0 || glob[at - 1] == '/') && rest.StartsWith("**/", StringComparison.Ordinal))
        {
            return NaiveMatches(glob, at + 3, path)
                || Enumerable.Range(0, path.Length).Any(i => path[i] == '/' && NaiveMatches(glob, at + 3, path[(i + 1)..]));
        }
        if (rest.StartsWith("**", StringComparison.Ordinal))
        {
            return Enumerable.Range(0, path.Length + 1).Any(i => NaiveMatches(glob, at + 2, path[i..]));
        }
        if (rest[0] == '*')
        {
            return Enumerable.Range(0, path.Length + 1).TakeWhile(i => !path[..i].Contains('/', StringComparison.Ordinal))
                .Any(i => NaiveMatches(glob, at + 1, path[i..]));
        }
        return path.Length > 0 && (rest[0] == path[0] || (rest[0] == '?' && path[0] != '/')) && NaiveMatches(glob, at + 1, path[1..]);
    }
}
