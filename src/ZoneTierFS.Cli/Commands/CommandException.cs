namespace ZoneTierFS.Cli.Commands;

/// <summary>A command cannot do what it was asked. The message reads "what is wrong: where. How to mend it."</summary>
internal sealed class CommandException : Exception
{
    public CommandException(string message, ExitCode code = ExitCode.Failed) : base(message) => Code = code;

    public CommandException(string message, Exception cause) : base(message, cause) => Code = ExitCode.Failed;

    public ExitCode Code { get; }
}
