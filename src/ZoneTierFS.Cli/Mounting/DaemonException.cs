namespace ZoneTierFS.Cli.Mounting;

/// <summary>A daemon ended before it was ready. What it said is the message for the caller, as it stands.</summary>
internal sealed class DaemonException(int exitCode, string output, string error) : Exception(
    $"the daemon ended before it was ready: exit code {exitCode}. Mount with --foreground to see what happens.")
{
    public int ExitCode { get; } = exitCode;

    public string Output { get; } = output;

    public string ErrorOutput { get; } = error;
}
