using System.Globalization;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Commands;

/// <summary>What `ztfs inspect` is asked to show.</summary>
internal static class InspectTarget
{
    public const string Grammar =
        "superblocks, root, page ID, path HIGH:LOW (a key, in hex), inode NUMBER, file PATH, journal, zone TIER NUMBER, checksums, items";

    /// <summary>Throws <see cref="CommandException"/>, exit code 2, for what is no structure.</summary>
    public static Func<VolumeInspector, CancellationToken, Task<Inspection>> Parse(string[] words, VolumeConfiguration configuration) => words switch
    {
        ["superblocks"] => (inspector, ct) => inspector.SuperblocksAsync(ct),
        ["root"] => (inspector, ct) => inspector.RootAsync(ct),
        ["journal"] => (inspector, ct) => inspector.JournalAsync(ct),
        ["checksums"] => (inspector, ct) => inspector.ChecksumsAsync(ct),
        ["items"] => (inspector, ct) => inspector.ItemsAsync(ct),
        ["page", var id] when TryNumber(id, uint.MaxValue, out var number) => (inspector, ct) => inspector.PageAsync((uint)number, ct),
        ["path", var key] when TryKey(key, out var high, out var low) => (inspector, ct) => inspector.TreePathAsync(high, low, ct),
        ["inode", var inode] when TryNumber(inode, ulong.MaxValue, out var number) => (inspector, ct) => inspector.InodeAsync(number, ct),
        ["file", var path] => async (inspector, ct) => await inspector.FileAsync(path, ct) ?? throw Missing(path),
        ["zone", var tier, var zone] when TryZone(configuration, tier, zone, out var device, out var number) =>
            (inspector, ct) => inspector.ZoneAsync(device, number, ct),
        _ => throw Wrong($"'{string.Join(' ', words)}' is nothing to inspect"),
    };

    private static CommandException Missing(string path) =>
        new("there is no such file in the checkpoint", path, "See `ztfs inspect journal` for what changed since.");

    private static CommandException Wrong(string what) => new(what, "inspect", $"Name one of {Grammar}.") { Code = ExitCode.Usage };

    private static bool TryNumber(string text, ulong max, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= max;

    private static bool TryKey(string text, out ulong high, out ulong low)
    {
        low = 0;
        var parts = text.Split(':');
        return ulong.TryParse(parts[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out high) && parts.Length == 2
            && ulong.TryParse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out low);
    }

    private static bool TryZone(VolumeConfiguration configuration, string tier, string zone, out int device, out int number)
    {
        var names = configuration.Tiers.Select(settings => settings.Name).ToList();
        device = names.IndexOf(tier);
        number = TryNumber(zone, int.MaxValue, out var parsed) ? (int)parsed : -1;
        return device >= 0 && number >= 0 && number < configuration.Tiers[device].Geometry.ZoneCount;
    }
}
