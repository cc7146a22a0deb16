using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ZoneTierFS.Cli.Commands;

/// <summary>A command of `ztfs`: its grammar is built in the constructor, <see cref="RunAsync"/> does the work.</summary>
internal abstract class ZtfsCommand : Command
{
    public const string JsonOption = "--json";

    protected ZtfsCommand(CommandHost host, string name, string description) : base(name, description)
    {
        Host = host;
        SetAction(async (parse, ct) => (int)await RunAsync(parse, ct));
    }

    protected CommandHost Host { get; }

    protected abstract Task<ExitCode> RunAsync(ParseResult parse, CancellationToken ct);

    /// <summary>Prints the outcome: one JSON value where that was asked for, otherwise for people.</summary>
    protected void Print<T>(ParseResult parse, T value, JsonTypeInfo<T> type, Func<T, IRenderable> forPeople)
    {
        if (parse.GetValue<bool>(JsonOption))
            Host.Output.WriteLine(JsonSerializer.Serialize(value, type));
        else
            Host.Render(Host.Output).Write(forPeople(value));
    }

    /// <summary>The same for an outcome whose lines must stay lines, however long they are.</summary>
    protected void Print<T>(ParseResult parse, T value, JsonTypeInfo<T> type, Func<T, string> forPeople)
    {
        if (parse.GetValue<bool>(JsonOption)) Host.Output.WriteLine(JsonSerializer.Serialize(value, type));
        else Host.Output.Write(forPeople(value));
    }

    /// <summary>Runs long work with a progress bar on a terminal, with plain lines elsewhere, silently where JSON was asked for.</summary>
    protected async Task<T> WithProgressAsync<T>(ParseResult parse, string title, Func<IProgress<double>, Task<T>> work)
    {
        if (parse.GetValue<bool>(JsonOption))
            return await work(new ProgressLines(TextWriter.Null, title));
        if (!Host.IsTerminal)
            return await work(new ProgressLines(Host.Error, title));
        var display = Host.Render(Host.Error).Progress().AutoClear(true);
        return await display.StartAsync(context => work(new ProgressBar(context.AddTask(title, maxValue: 1))));
    }

    private sealed class ProgressBar(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = value;
    }
}
