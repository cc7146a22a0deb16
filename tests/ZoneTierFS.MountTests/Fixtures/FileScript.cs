using System.Globalization;
using System.Text;
using Mono.Unix.Native;
using Xunit;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>
/// File operations as lines of text, run in a folder by a process of its own that changes its user where a line says so. Run in two folders, it shows
/// where two filesystems differ.
/// </summary>
/// <remarks>
/// A line is "operation arguments", with "=> result" where the result is not "ok": an errno's name, or what the operation shows. "as USER:GROUP,GROUP..."
/// changes the user, "as root" goes back. Modes are octal.
/// </remarks>
internal static class FileScript
{
    private const string Arrow = " => ";

    /// <summary>Runs the lines in a folder and checks each result. What shows something and names none is only run.</summary>
    /// <returns>The lines with their results.</returns>
    public static string Run(string folder, string script)
    {
        using var process = TestProcess.StartSelf("script", folder, script);
        var (exitCode, output) = process.WaitForExit();
        Assert.True(exitCode == 0, output);
        var results = output.TrimEnd('\n').Split('\n');
        var lines = Lines(script);
        Assert.Equal(lines.Count, results.Length);
        for (var index = 0; index < lines.Count; index++)
        {
            var expected = lines[index].Contains(Arrow, StringComparison.Ordinal) ? lines[index] : lines[index] + Arrow + "ok";
            if (!FileScriptRunner.Shows(lines[index]) || expected == lines[index])
                Assert.True(expected == results[index], $"in {folder}, line {index + 1}: {results[index]}, where the script wants: {expected}");
        }
        return output;
    }

    /// <summary>The child's side: runs the lines and prints each with its result.</summary>
    public static int RunHere(string folder, string script)
    {
        Directory.SetCurrentDirectory(folder);
        var runner = new FileScriptRunner();
        var output = new StringBuilder();
        foreach (var line in Lines(script))
        {
            var operation = line.Split(Arrow)[0];
            output.Append(CultureInfo.InvariantCulture, $"{operation}{Arrow}{runner.Run(operation.Split(' '))}\n");
        }
        runner.Run(["as", "root"]);
        Console.Out.Write(output);
        Console.Out.Flush();
        return 0;
    }

    private static List<string> Lines(string script) =>
        [.. script.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => !line.StartsWith('#'))];
}
