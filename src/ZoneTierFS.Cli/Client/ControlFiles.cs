using ZoneTierFS.Cli.Commands;

namespace ZoneTierFS.Cli.Client;

/// <summary>The files that a command's paths stand for.</summary>
internal static class ControlFiles
{
    /// <summary>A directory stands for all regular files below it; symbolic links below it are not followed.</summary>
    public static IReadOnlyList<ControlFile> Below(IEnumerable<string> paths)
    {
        var files = new List<ControlFile>();
        foreach (var path in paths)
        {
            if (Directory.Exists(path))
                files.AddRange(Enumerate(path));
            else
                files.Add(new ControlFile(path));
        }
        return files;
    }

    private static IEnumerable<ControlFile> Enumerate(string directory)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.ReparsePoint };
        try
        {
            return [.. Directory.EnumerateFiles(directory, "*", options).Select(path => new ControlFile(path))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException("the directory cannot be listed", directory, e.Message, e);
        }
    }
}
