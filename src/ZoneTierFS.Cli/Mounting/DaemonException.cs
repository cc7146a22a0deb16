namespace ZoneTierFS.Cli.Mounting;

/// <summary>A daemon ended before it was ready. What it said is the message for the caller, as it stands.</summary>
internal sealed class DaemonException(int exitCode, string output, string error) : Exception($"The daemon ended with exit code {exitCode}: {error}")
{
    public int ExitCode { get; } = exitCode;

    public string Output { get; } = output;

    public string ErrorOutput { get; } = error;
}
