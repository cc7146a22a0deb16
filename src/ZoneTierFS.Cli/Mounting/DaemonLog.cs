using System.Globalization;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using ZoneTierFS.Cli.Commands;
using ZoneTierFS.Cli.Configuration;

namespace ZoneTierFS.Cli.Mounting;

/// <summary>Where a mounted volume says what happens to it.</summary>
internal static class DaemonLog
{
    private const string Template = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} [{Level:u3}] {Message:lj}{NewLine}{Exception}";
    private const long FileBytesMax = 16 << 20;
    private const int FilesMax = 4;

    /// <summary>A log file; a full one is followed by a numbered one, and the oldest is deleted.</summary>
    public static Logger ToFile(LogSettings settings)
    {
        try
        {
            // Serilog would carry on without a word if it could not write.
            Directory.CreateDirectory(Path.GetDirectoryName(settings.File)!);
            File.AppendAllText(settings.File, "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException("the log cannot be written", settings.File, "Name a file that can be in log.file.", e);
        }
        return Configure(settings)
            .WriteTo.File(
                settings.File, outputTemplate: Template, formatProvider: CultureInfo.InvariantCulture,
                fileSizeLimitBytes: FileBytesMax, rollOnFileSizeLimit: true, retainedFileCountLimit: FilesMax)
            .CreateLogger();
    }

    /// <summary>The error output: what the command answers stays apart from it.</summary>
    public static Logger ToConsole(LogSettings settings) =>
        Configure(settings)
            .WriteTo.Console(outputTemplate: Template, formatProvider: CultureInfo.InvariantCulture, standardErrorFromLevel: LevelAlias.Minimum)
            .CreateLogger();

    private static LoggerConfiguration Configure(LogSettings settings) =>
        new LoggerConfiguration().MinimumLevel.Is(Enum.Parse<LogEventLevel>(settings.Level, ignoreCase: true));
}
