using System.Diagnostics;
using Xunit;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>A .NET program of the tests' output folder, run as a process of its own.</summary>
internal sealed class TestProcess : IDisposable
{
    private const int PatienceMilliseconds = 30_000;
    private static readonly string Self = Path.Combine(AppContext.BaseDirectory, "ZoneTierFS.MountTests.dll");
    private readonly Process _process;
    private readonly string _what;

    private TestProcess(params string[] command)
    {
        _what = string.Join(' ', command);
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Started as another user, the runtime must not look for its folder of diagnostics among root's.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        _process = Process.Start(start)!;
    }

    public int Id => _process.Id;

    /// <summary>Starts this test executable with the arguments that its Program.cs lists.</summary>
    public static TestProcess StartSelf(params string[] arguments) => new(["dotnet", Self, .. arguments]);

    /// <summary>Runs this test executable to its end.</summary>
    /// <returns>The exit code: an errno where the program tried something.</returns>
    public static int RunSelf(params string[] arguments)
    {
        using var process = StartSelf(arguments);
        return process.WaitForExit().ExitCode;
    }

    /// <summary>Runs this test executable to its end.</summary>
    public static (int ExitCode, string Output) RunSelfWithOutput(params string[] arguments)
    {
        using var process = StartSelf(arguments);
        return process.WaitForExit();
    }

    /// <summary>Runs this test executable in a mount namespace of its own, after a shell command that prepares it.</summary>
    public static (int ExitCode, string Output) RunSelfIn(string preparation, params string[] arguments)
    {
        using var process = new TestProcess(["unshare", "--mount", "sh", "-c", $"{preparation} && exec dotnet \"$@\"", "sh", Self, .. arguments]);
        return process.WaitForExit();
    }

    public static TestProcess StartZtfs(params string[] arguments) => new(["dotnet", Path.Combine(AppContext.BaseDirectory, "ztfs.dll"), .. arguments]);

    /// <summary>Runs `ztfs` to its end.</summary>
    public static (int ExitCode, string Output) RunZtfs(params string[] arguments)
    {
        using var process = StartZtfs(arguments);
        return process.WaitForExit();
    }

    public bool HasEnded => _process.HasExited;

    /// <summary>Waits for a line of output; fails with what the program complained about where it ends without.</summary>
    public void WaitForLine(string expected)
    {
        for (var line = _process.StandardOutput.ReadLine(); line != expected; line = _process.StandardOutput.ReadLine())
        {
            if (line is null)
                Assert.Fail($"{_what} ended: {_process.StandardError.ReadToEnd()}");
        }
    }

    /// <summary>Writes a line to the program's input and waits for the line that it answers.</summary>
    public string Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{_what} ended: {_process.StandardError.ReadToEnd()}");
    }

    public (int ExitCode, string Output) WaitForExit()
    {
        // Both pipes are read at once: a program that fills the unread one would wait for ever.
        var errors = _process.StandardError.ReadToEndAsync();
        var output = _process.StandardOutput.ReadToEndAsync();
        Assert.True(_process.WaitForExit(PatienceMilliseconds), $"{_what} does not end");
        return (_process.ExitCode, output.Result + errors.Result);
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }
}
