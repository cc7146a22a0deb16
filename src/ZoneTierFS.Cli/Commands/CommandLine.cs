using System.CommandLine;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Mounting;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Cli.Commands;

/// <summary>The whole of `ztfs`: parses the arguments, runs one command, and turns what went wrong into a message and an exit code.</summary>
internal static class CommandLine
{
    public static async Task<ExitCode> RunAsync(IReadOnlyList<string> arguments, CommandHost host)
    {
        var json = arguments.Contains(ZtfsCommand.JsonOption);
        var parse = Root(host).Parse(arguments);
        if (parse.Errors.Count > 0)
        {
            var wrong = string.Join(' ', parse.Errors.Select(error => error.Message)).TrimEnd('.');
            host.Fail($"{wrong}: {parse.CommandResult.Command.Name}. Run '{HelpFor(parse)}' to see what it takes.", json);
            return ExitCode.Usage;
        }
        try
        {
            var invocation = new InvocationConfiguration
            {
                Output = host.Output,
                Error = host.Error,
                EnableDefaultExceptionHandler = false,
                // SIGINT and SIGTERM cancel the command, which then ends in its own time: a mount has to write back and close.
                ProcessTerminationTimeout = Timeout.InfiniteTimeSpan,
            };
            return (ExitCode)await parse.InvokeAsync(invocation);
        }
        catch (ConfigurationException e)
        {
            host.Fail(e.Message, json, e.Problems);
            return ExitCode.Usage;
        }
        catch (CommandException e)
        {
            host.Fail(e.Message, json);
            return e.Code;
        }
        catch (Exception e) when (e is VolumeException or DeviceException)
        {
            host.Fail(e.Message, json);
            return e is VolumeException { Fault: VolumeFault.Damaged } or DeviceException { Error: Errno.EIO } ? ExitCode.Damage : ExitCode.Failed;
        }
        catch (FuseMountException e)
        {
            host.Fail(e.Message, json);
            return ExitCode.Failed;
        }
        catch (DaemonException e)
        {
            // The child has said it all, in the form that its caller wants.
            host.Error.Write(e.ErrorOutput.Length > 0 ? e.ErrorOutput : $"ztfs: {e.Message}\n");
            host.Output.Write(e.Output);
            return Enum.IsDefined((ExitCode)e.ExitCode) ? (ExitCode)e.ExitCode : ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            host.Fail($"interrupted: {parse.CommandResult.Command.Name}. Run it again.", json);
            return ExitCode.Failed;
        }
    }

    private static RootCommand Root(CommandHost host)
    {
        var root = new RootCommand("Puts model weights and KV caches on zoned flash in two tiers, as a filesystem.")
        {
            new FormatCommand(host),
            new MountCommand(host),
            new UnmountCommand(host),
            new StatusCommand(host),
            new ExplainCommand(host),
            new PinCommand(host),
            new UnpinCommand(host),
            new WarmCommand(host),
            new EvictCommand(host),
            new ScrubCommand(host),
            new CheckCommand(host),
            new InspectCommand(host),
            new ConfigCommand(host),
        };
        root.Options.Add(new Option<bool>(ZtfsCommand.JsonOption) { Description = "Print one JSON value instead of text.", Recursive = true });
        return root;
    }

    private static string HelpFor(ParseResult parse)
    {
        var names = new List<string>();
        for (var result = parse.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
            names.Insert(0, result.Command is RootCommand ? "ztfs" : result.Command.Name);
        return string.Join(' ', names) + " --help";
    }
}
