namespace ZoneTierFS.Cli.Commands;

/// <summary>A command cannot do what it was asked. The message reads "what is wrong: where. How to mend it."</summary>
/// <param name="wrong">A phrase without a full stop.</param>
/// <param name="where">The path, or whatever else it is about.</param>
/// <param name="mend">A sentence, or more.</param>
internal sealed class CommandException(string wrong, string where, string mend, Exception? cause = null) : Exception($"{wrong}: {where}. {mend}", cause)
{
    public ExitCode Code { get; init; } = ExitCode.Failed;
}
