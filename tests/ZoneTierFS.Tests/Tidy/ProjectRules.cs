using System.Xml.Linq;

namespace ZoneTierFS.Tests.Tidy;

/// <summary>Rules on projects and folders.</summary>
internal static class ProjectRules
{
    /// <summary>All arrows there are between the projects of src. Tests may point at anything.</summary>
    private static readonly Dictionary<string, string[]> s_arrows = new()
    {
        ["ZoneTierFS.Linux"] = [],
        ["ZoneTierFS.Devices"] = ["ZoneTierFS.Linux"],
        ["ZoneTierFS.Fuse"] = ["ZoneTierFS.Linux"],
        ["ZoneTierFS.Engine"] = ["ZoneTierFS.Devices"],
        ["ZoneTierFS.Cli"] = ["ZoneTierFS.Engine", "ZoneTierFS.Fuse"],
    };

    private static readonly string[] s_topLevel =
    [
        "ZoneTierFS.sln", "README.md", "CHANGELOG.md", "LICENSE", "global.json", "BannedSymbols.txt", "src", "tests", "mount-configs", "scripts",
    ];

    /// <param name="path">The project file's path from the root.</param>
    public static IEnumerable<string> Arrows(string path, string xml)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        IEnumerable<string> targets = XDocument.Parse(xml).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
        if (path.StartsWith("tests/", StringComparison.Ordinal))
        {
            return [];
        }
        return s_arrows.TryGetValue(name, out string[]? allowed)
            ? targets.Except(allowed).Select(target => $"{path}: {name} must not refer to {target}")
            : [$"{path}: {name} is a project that the house does not know"];
    }

    /// <summary>Entries of the root that do not belong there, other than what git ignores.</summary>
    public static IEnumerable<string> StrayEntries(IEnumerable<string> names, IEnumerable<string> gitIgnore)
    {
        HashSet<string> ignored = [.. gitIgnore.Select(line => line.Trim().TrimEnd('/'))];
        return names.Where(name => !name.StartsWith('.') && !name.EndsWith(".props", StringComparison.Ordinal))
            .Except(s_topLevel).Where(name => !ignored.Contains(name)).Select(name => $"{name} does not belong into the top folder");
    }
}
