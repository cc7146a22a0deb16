using System.CommandLine;
using ZoneTierFS.Cli.Configuration;

namespace ZoneTierFS.Cli.Commands;

/// <summary>The options of every command that works on a volume's devices.</summary>
internal sealed class ConfigurationOptions
{
    private readonly Option<string?> _config = new("--config", "-c")
    {
        Description = $"The configuration file. Default: what {ConfigurationLoader.FileVariable} names.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Sets one key over the file and the environment; can be repeated.",
        HelpName = "KEY=VALUE",
    };

    public ConfigurationOptions(Command command)
    {
        command.Options.Add(_config);
        command.Options.Add(_set);
    }

    /// <param name="more">Assignments that go over all others.</param>
    public VolumeConfiguration Load(ParseResult parse, CommandHost host, params IReadOnlyList<string> more) =>
        ConfigurationLoader.Load(File(parse, host), host.Variables, Assignments(parse, more));

    public IReadOnlyList<string> Assignments(ParseResult parse, params IReadOnlyList<string> more) => [.. parse.GetValue(_set) ?? [], .. more];

    private string File(ParseResult parse, CommandHost host)
    {
        var named = parse.GetValue(_config) ?? host.Variables.GetValueOrDefault(ConfigurationLoader.FileVariable);
        if (!string.IsNullOrEmpty(named))
            return named;
        throw new CommandException(
            "no configuration is named", parse.CommandResult.Command.Name,
            $"Add --config FILE or set {ConfigurationLoader.FileVariable}; mount-configs/embedded.json is a configuration to start from.")
        {
            Code = ExitCode.Usage,
        };
    }
}
