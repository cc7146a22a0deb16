using System.Collections;
using System.Text.Json;
using Spectre.Console;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Json;

namespace ZoneTierFS.Cli.Commands;

/// <summary>What the commands know of the process that they run in: where to write, and the environment.</summary>
/// <param name="IsTerminal">Whether a person watches: only then are there progress bars.</param>
internal sealed record CommandHost(TextWriter Output, TextWriter Error, bool IsTerminal, IReadOnlyDictionary<string, string> Variables)
{
    /// <summary>Columns where the output is no terminal and so has no width: tables must not be cut there.</summary>
    private const int PlainWidth = 200;

    /// <summary>Where a person answers questions; null where nobody can be asked.</summary>
    public TextReader? Input { get; init; }

    public bool CanAsk => Input is not null;

    public static CommandHost OfProcess()
    {
        var entries = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>();
        var variables = entries.ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
        var isTerminal = !Console.IsOutputRedirected && !Console.IsErrorRedirected;
        return new(Console.Out, Console.Error, isTerminal, variables) { Input = isTerminal && !Console.IsInputRedirected ? Console.In : null };
    }

    /// <summary>The output as Spectre's tables and progress bars want it.</summary>
    public IAnsiConsole Render(TextWriter writer)
    {
        var interactive = IsTerminal ? InteractionSupport.Detect : InteractionSupport.No;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Interactive = interactive });
        if (!IsTerminal)
            console.Profile.Width = PlainWidth;
        return console;
    }

    /// <summary>Says what went wrong: for people on the error output and, where JSON was asked for, for programs on the output.</summary>
    public void Fail(string message, bool json, IReadOnlyList<ConfigurationProblem>? problems = null)
    {
        Error.WriteLine($"ztfs: {message}");
        if (json)
            Output.WriteLine(JsonSerializer.Serialize(new ErrorReport(message, problems), CliJson.Readable.ErrorReport));
    }
}
