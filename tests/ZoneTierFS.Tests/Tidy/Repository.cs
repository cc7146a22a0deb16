namespace ZoneTierFS.Tests.Tidy;

/// <summary>The repository that the tests were built in.</summary>
internal static class Repository
{
    private static readonly string[] s_folders = ["src", "tests", "scripts", "mount-configs"];
    private static readonly string[] s_generated = ["bin", "obj", "node_modules", "TestResults"];

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    private static readonly Lazy<SourceFile[]> s_sources = new(() =>
        [.. Files("*.cs").Select(path => new SourceFile(path, File.ReadAllText(Path.Combine(Root, path))))]);

    /// <summary>Every C# file that is written by hand.</summary>
    public static IReadOnlyList<SourceFile> Sources => s_sources.Value;

    /// <summary>Files below the top folder that are written by hand, as paths from the root with slashes, in order.</summary>
    public static IEnumerable<string> Files(string pattern) => s_folders.Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories))
        .Select(path => Path.GetRelativePath(Root, path))
        .Where(path => !path.Split('/').Intersect(s_generated).Any())
        .Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ZoneTierFS.sln")))
            {
                return folder.FullName;
            }
        }
        throw new InvalidOperationException($"No ZoneTierFS.sln above {AppContext.BaseDirectory}.");
    }
}
