using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Tests.Engine;

/// <summary>The README at the engine's door names rooms and tests that there are.</summary>
public sealed partial class EngineReadmeTests
{
    [Fact]
    public void Every_room_is_on_the_map()
    {
        var rooms = Directory.GetDirectories(PathOf("."))
            .Where(folder => Directory.EnumerateFiles(folder, "*.cs").Any()).Select(folder => Path.GetFileName(folder)!)
            .Where(name => name is not ("bin" or "obj"));
        var named = File.ReadLines(PathOf("README.md"))
            .Select(line => RoomRow().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value);
        Assert.Empty(rooms.Except(named));
    }

    [Fact]
    public void Every_fault_in_the_table_has_its_test()
    {
        var tests = typeof(EngineReadmeTests).Assembly.GetTypes().Where(type => type.Namespace == typeof(EngineReadmeTests).Namespace)
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Public))
            .Where(method => method.GetCustomAttribute<FactAttribute>() is not null)
            .Select(method => $"{method.DeclaringType!.Name}.{method.Name}").ToHashSet();
        var named = File.ReadLines(PathOf("README.md"))
            .SelectMany(line => TestName().Matches(line)).Select(match => match.Groups[1].Value).ToArray();
        Assert.True(named.Length > 20);
        Assert.Equal(named.Intersect(tests), named);
    }

    [Fact]
    public void Every_reason_to_refuse_a_volume_is_in_the_table()
    {
        var text = File.ReadAllText(PathOf("README.md"));
        Assert.All(Enum.GetNames<VolumeFault>(), fault => Assert.Contains($"`{fault}`", text, StringComparison.Ordinal));
    }

    internal static string PathOf(string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ZoneTierFS.sln")))
            folder = folder.Parent ?? throw new FileNotFoundException("The solution is not above the tests.");
        return Path.Combine(folder.FullName, "src", "ZoneTierFS.Engine", file);
    }

    [GeneratedRegex(@"^\| `(\w+)/` \|")]
    private static partial Regex RoomRow();

    [GeneratedRegex(@"`(Volume\w+Tests\.\w+)`")]
    private static partial Regex TestName();
}
