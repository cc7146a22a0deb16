using Microsoft.Extensions.Logging;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>
/// How far the kernel reads ahead. INIT can only lower the 128 KiB that it offers; the backing device's attribute raises it, for whoever may write there.
/// </summary>
internal static partial class ReadAhead
{
    public static void Raise(string mountPoint, int kibibytes, ILogger logger)
    {
        try
        {
            if (MountTable.Read().At(mountPoint) is { } mount)
                File.WriteAllText(AttributePath(mount.Device), kibibytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            LogRefused(logger, kibibytes, refused.Message);
        }
    }

    internal static string AttributePath(string device) => $"/sys/class/bdi/{device}/read_ahead_kb";

    [LoggerMessage(Level = LogLevel.Information, Message = "Read-ahead stays at the kernel's default instead of {KiB} KiB: {Reason}")]
    private static partial void LogRefused(ILogger logger, int kiB, string reason);
}
