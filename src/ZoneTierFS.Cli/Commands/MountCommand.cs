using System.CommandLine;
using System.Runtime.InteropServices;
using Serilog.Core;
using Serilog.Extensions.Logging;
using Spectre.Console;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Mounting;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs mount`: returns when the mount answers; the daemon stays. In the foreground it returns when the mount has ended.</summary>
internal sealed class MountCommand : ZtfsCommand
{
    private readonly ConfigurationOptions _configuration;
    private readonly Argument<string> _mountPoint = new("MOUNTPOINT") { Description = "An empty directory." };
    private readonly Option<bool> _foreground = new("--foreground", "-f") { Description = "Stay, and log to the terminal; Ctrl-C unmounts." };
    private readonly Option<string[]> _options = new("-o") { Description = "Mount options: ro, rw, allow_other, degraded.", HelpName = "OPTIONS" };
    private readonly Option<bool> _daemon = new(Daemon.Option) { Hidden = true };

    public MountCommand(CommandHost host) : base(host, "mount", "Mounts a volume.")
    {
        _configuration = new ConfigurationOptions(this);
        Arguments.Add(_mountPoint);
        Options.Add(_foreground);
        Options.Add(_options);
        Options.Add(_daemon);
    }

    protected override async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken ct)
    {
        var isDaemon = parse.GetValue(_daemon);
        if (isDaemon)
            Daemon.LeaveSession();
        var fromOptions = MountOptions.Translate(parse.GetValue(_options) ?? []);
        var configuration = _configuration.Load(parse, Host, fromOptions);
        var mountPoint = Prepare(parse.GetRequiredValue(_mountPoint));
        if (isDaemon || parse.GetValue(_foreground))
            Daemon.KeepPrivate();
        if (isDaemon)
            return await ServeAsync(DaemonLog.ToFile(configuration.Log), configuration, mountPoint, Daemon.ReportReady, ct);
        if (parse.GetValue(_foreground))
        {
            var ready = () => Report(parse, mountPoint, Environment.ProcessId);
            return await ServeAsync(DaemonLog.ToConsole(configuration.Log), configuration, mountPoint, ready, ct);
        }
        Report(parse, mountPoint, await Daemon.StartAsync(ChildArguments(parse, configuration, mountPoint, fromOptions), Host, ct));
        return ExitCode.Fine;
    }

    /// <summary>Makes sure that one can mount there, before anything else is touched.</summary>
    private string Prepare(string path)
    {
        var mountPoint = MountPoint.Resolve(path);
        var state = MountPoint.Look(mountPoint, MountTable.Read());
        if (state == MountPointState.Stale && FuseMount.Unmount(mountPoint, lazy: true) == Errno.Ok)
        {
            Host.Error.WriteLine($"ztfs: cleared a mount whose daemon had died: {mountPoint}. Mounting anew recovers what was synced.");
            state = MountPoint.Look(mountPoint, MountTable.Read());
        }
        return MountPoint.Refusal(mountPoint, state) is { } refusal ? throw refusal : mountPoint;
    }

    private IEnumerable<string> ChildArguments(ParseResult parse, VolumeConfiguration configuration, string mountPoint, IReadOnlyList<string> fromOptions)
    {
        var sets = _configuration.Assignments(parse, fromOptions).SelectMany(assignment => new[] { "--set", assignment });
        string[] json = parse.GetValue<bool>(JsonOption) ? [JsonOption] : [];
        return ["mount", Daemon.Option, "--config", configuration.File, .. sets, .. json, "--", mountPoint];
    }

    private static async Task<ExitCode> ServeAsync(Logger logger, VolumeConfiguration configuration, string mountPoint, Action ready, CancellationToken ct)
    {
        await using (logger)
        {
            AppDomain.CurrentDomain.UnhandledException += (_, e) =>
            {
                logger.Fatal((Exception)e.ExceptionObject, "The daemon met a bug and ends");
                logger.Dispose();
            };
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
            // A terminal that closes is no reason to die without closing the volume.
            using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true;
                stop.Cancel();
            });
            using var logs = new SerilogLoggerFactory(logger);
            return await new MountServer(configuration, mountPoint, logs.CreateLogger("ztfs")).RunAsync(ready, stop.Token);
        }
    }

    private void Report(ParseResult parse, string mountPoint, int process)
    {
        var text = $"Mounted on {mountPoint}, daemon {process}.\n";
        Print(parse, new MountReport(mountPoint, process), CliJson.Readable.MountReport, _ => new Text(text));
    }
}
