namespace ZoneTierFS.Cli.Configuration;

/// <summary>Every key that a configuration may hold.</summary>
internal static class SettingKeys
{
    public const int TiersMax = 8;
    public const int ClassRulesMax = 256;

    /// <summary>Names the schema for editors; the loader passes over it.</summary>
    public const string SchemaReference = "$schema";

    private const string GlobMeaning =
        "Paths from the volume's root, without a leading slash; * and ? stop at slashes, ** does not. The first match decides.";

    public static readonly IReadOnlyList<SettingKey> All =
    [
        Text("volume.name", "The name in the list of mounts.", "^[A-Za-z0-9._-]{1,64}$", "1 to 64 letters, digits, dots, dashes, underscores")
            with { Default = "ztfs" },
        Text("tiers[].name", "The tier's name; the first is the fast one.", "^[a-z0-9_-]{1,16}$", "1 to 16 lower-case letters, digits, dashes, underscores"),
        Choice("tiers[].kind", "What the tier lives in: image is one sparse file whose zones are emulated.", "image") with { Default = "image" },
        new("tiers[].path", SettingKind.Path, "The image file; format makes it and its directory."),
        Choice("tiers[].media", "The flash that the tier stands for; decides what it is good at.", "slc", "tlc", "qlc", "magnetic", "unknown"),
        Size("tiers[].size", "All zones together, a multiple of the zone size; an image takes from its host only what is written.", null, "8MiB", "64TiB"),
        Size("tiers[].zoneSize",
            "From one zone to the next, a multiple of 4KiB; the first tier needs 16 zones, the second 14, others 8; an only tier 20.", "32MiB", "1MiB", "8GiB"),
        Size("tiers[].zoneCapacity", "Bytes that can be written in a zone, a multiple of 4KiB, at most the zone size.", null, "1MiB", "8GiB")
            with { DerivedDefault = "zoneSize" },
        Count("tiers[].maxOpenZones",
            "Zones written at once: 0 (no limit) or at least 5 on the first tier, 4 on the second, 3 on others; 6 on an only tier.", "0", "0", "4096"),
        Count("tiers[].maxActiveZones", "Zones partly written at once: 0 (no limit) or as for maxOpenZones, and no fewer.", "0", "0", "4096"),
        Size("memory.dirtyBytesMax", "Written bytes that may wait in memory before writers wait.", "64MiB", "1MiB", "4GiB"),
        Size("memory.readAheadBytesMax", "Memory for reading ahead of programs that read piece by piece; below 1MiB: none.", "16MiB", "0", "1GiB"),
        Duration("durability.commitInterval", "Data and metadata older than this are made durable without being asked.", "5s", "100ms", "10min"),
        Size("durability.journalBytesMax", "Journal that calls for the next checkpoint; at most an eighth of the fast tier.", "64MiB", "1MiB", "1GiB"),
        Size("mover.bytesPerSecond", "How much the mover may copy in a second; 0 stops it, except for what cleaning needs.", "200MiB", "0", "1TiB"),
        Duration("mover.interval", "How often the mover looks for work.", "1s", "10ms", "1h"),
        Duration("mover.quietTime", "A foreground request this recent makes the mover wait.", "20ms", "0", "1min"),
        Fraction("mover.cleanBelowFreeFraction", "Share of a tier's zones that cleaning keeps free.", "0.25", "0.01", "0.9"),
        Fraction("mover.promotedFractionMax", "Share of the fast tier that promoted copies may fill.", "0.5", "0", "0.9"),
        Text("classes[].glob", GlobMeaning, "^[^/].{0,1023}$", "1 to 1024 characters, no leading slash"),
        Choice("classes[].class", "The class of files that match.", "weights", "lora", "kv", "checkpoint", "optimizer", "dataset", "scratch", "other"),
        Size("mount.readAhead", "How far the kernel reads ahead of a sequential reader; 0 leaves the kernel's own.", "4MiB", "0", "256MiB"),
        Count("mount.workers", "Threads that serve requests, and so how many can be under way.", null, "2", "64")
            with { DerivedDefault = "twice the processors, 4 to 16" },
        new("mount.allowOther", SettingKind.Switch, "Whether other users than the one who mounts may use the mount.") { Default = "false" },
        Choice("mount.atime", "When reading moves access times: relatime, only past the last change or a day; noatime, never.", "relatime", "noatime")
            with { Default = "relatime" },
        new("mount.readOnly", SettingKind.Switch, "Whether the volume is mounted without the right to change it.") { Default = "false" },
        new("mount.degraded", SettingKind.Switch, "Whether a tier whose device is lost is done without; the volume is then read-only.") { Default = "false" },
        new("log.file", SettingKind.Path, "Where the daemon writes its log.") { DerivedDefault = "ztfs.log beside the first tier's image" },
        Choice("log.level", "The least serious lines that are logged.", "debug", "information", "warning", "error") with { Default = "information" },
    ];

    /// <summary>The key for a path such as "tiers[0].size"; null where there is none.</summary>
    public static SettingKey? Find(string path) => All.FirstOrDefault(key => key.Name == Generic(path));

    /// <summary>"tiers[3].size" becomes "tiers[].size".</summary>
    public static string Generic(string path)
    {
        var open = path.IndexOf('[', StringComparison.Ordinal);
        var close = path.IndexOf(']', StringComparison.Ordinal);
        return open >= 0 && close > open ? string.Concat(path.AsSpan(0, open + 1), path.AsSpan(close)) : path;
    }

    private static SettingKey Text(string name, string meaning, string pattern, string patternMeaning) =>
        new(name, SettingKind.Text, meaning) { Pattern = pattern, PatternMeaning = patternMeaning };

    private static SettingKey Choice(string name, string meaning, params IReadOnlyList<string> choices) =>
        new(name, SettingKind.Choice, meaning) { Choices = choices };

    private static SettingKey Size(string name, string meaning, string? value, string min, string max) =>
        new(name, SettingKind.Size, meaning) { Default = value, Min = min, Max = max };

    private static SettingKey Duration(string name, string meaning, string? value, string min, string max) =>
        new(name, SettingKind.Duration, meaning) { Default = value, Min = min, Max = max };

    private static SettingKey Count(string name, string meaning, string? value, string min, string max) =>
        new(name, SettingKind.Count, meaning) { Default = value, Min = min, Max = max };

    private static SettingKey Fraction(string name, string meaning, string? value, string min, string max) =>
        new(name, SettingKind.Fraction, meaning) { Default = value, Min = min, Max = max };
}
