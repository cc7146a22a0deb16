using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Cli.Configuration;

/// <summary>A whole configuration, checked.</summary>
/// <param name="File">The file it came from, absolute.</param>
/// <param name="Tiers">The fast tier first.</param>
internal sealed record VolumeConfiguration(
    string File, string VolumeName, IReadOnlyList<TierSettings> Tiers, VolumeOptions Volume, MountSettings Mount, LogSettings Log)
{
    /// <param name="home">What "~" stands for.</param>
    public static VolumeConfiguration From(SettingValues values, string home)
    {
        var tiers = values.Elements("tiers").Select(index => Tier(values, $"tiers[{index}]", home)).ToList();
        var degraded = values.Switch("mount.degraded");
        var readOnly = degraded || values.Switch("mount.readOnly");
        var options = new VolumeOptions
        {
            ReadOnly = readOnly,
            WithoutMissing = degraded,
            AccessTimes = Enum.Parse<AccessTimes>(values.Text("mount.atime")!, ignoreCase: true),
            DirtyBytesMax = Bytes(values, "memory.dirtyBytesMax"),
            ReadAheadBytesMax = Bytes(values, "memory.readAheadBytesMax"),
            CommitInterval = values.Duration("durability.commitInterval"),
            JournalBytesMax = Bytes(values, "durability.journalBytesMax"),
            MoveBytesPerSecond = Bytes(values, "mover.bytesPerSecond"),
            MoveInterval = values.Duration("mover.interval"),
            MoveQuietTime = values.Duration("mover.quietTime"),
            CleanBelowFreeFraction = (double)values.Number("mover.cleanBelowFreeFraction")!,
            PromotedFractionMax = (double)values.Number("mover.promotedFractionMax")!,
            ClassRules = [.. values.Elements("classes").Select(index => Rule(values, $"classes[{index}]"))],
        };
        var mount = new MountSettings(Bytes(values, "mount.readAhead"), (int?)values.Number("mount.workers"), values.Switch("mount.allowOther"), readOnly);
        var logFile = values.Text("log.file") is { } text ? Absolute(text, values.File, home) : Path.Combine(Path.GetDirectoryName(tiers[0].Path)!, "ztfs.log");
        return new(values.File, values.Text("volume.name")!, tiers, options, mount, new LogSettings(logFile, values.Text("log.level")!));
    }

    private static TierSettings Tier(SettingValues values, string path, string home)
    {
        var zoneSize = Bytes(values, $"{path}.zoneSize");
        return new TierSettings
        {
            Name = values.Text($"{path}.name")!,
            Path = Absolute(values.Text($"{path}.path")!, values.File, home),
            Media = values.Text($"{path}.media")!,
            Size = Bytes(values, $"{path}.size"),
            ZoneSize = zoneSize,
            ZoneCapacity = values.Number($"{path}.zoneCapacity") is { } capacity ? (long)capacity : zoneSize,
            MaxOpenZones = (int)values.Number($"{path}.maxOpenZones")!,
            MaxActiveZones = (int)values.Number($"{path}.maxActiveZones")!,
        };
    }

    private static ClassRule Rule(SettingValues values, string path) =>
        new(values.Text($"{path}.glob")!, Enum.Parse<FileClass>(values.Text($"{path}.class")!, ignoreCase: true));

    private static long Bytes(SettingValues values, string path) => (long)values.Number(path)!;

    private static string Absolute(string path, string file, string home)
    {
        var expanded = path == "~" ? home : path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(home, path[2..]) : path;
        return Path.GetFullPath(expanded, Path.GetDirectoryName(file)!);
    }
}
