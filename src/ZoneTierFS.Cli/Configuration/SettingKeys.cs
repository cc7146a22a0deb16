namespace ZoneTierFS.Cli.Configuration;

/// <summary>Every key that a configuration may hold.</summary>
internal static class SettingKeys
{
    public const int TiersMax = 8;
    public const int ClassRulesMax = 256;

    /// <summary>Names the schema for editors; the loader passes over it.</summary>
    public const string SchemaReference = "$schema";

    public static readonly IReadOnlyList<string> Classes = ["weights", "lora", "kv", "checkpoint", "optimizer", "dataset", "scratch", "other"];

    public static readonly IReadOnlyList<SettingKey> All =
    [
        new("volume.name", SettingKind.Text, "The name that the mount shows in the list of mounts.")
        {
            Default = "ztfs", Pattern = "^[A-Za-z0-9._-]{1,64}$", PatternMeaning = "1 to 64 letters, digits, dots, dashes, underscores",
        },
        new("tiers[].name", SettingKind.Text, "The tier's name; the first tier in the list is the fast one.")
        {
            Pattern = "^[a-z0-9_-]{1,16}$", PatternMeaning = "1 to 16 lower-case letters, digits, dashes, underscores",
        },
        new("tiers[].kind", SettingKind.Choice, "What the tier lives in: image is one sparse file whose zones are emulated.") { Default = "image", Choices = ["image"] },
        new("tiers[].path", SettingKind.Path, "The image file; format makes it and its directory."),
        new("tiers[].media", SettingKind.Choice, "The flash that the tier stands for; decides what it is good at.") { Choices = ["slc", "tlc", "qlc", "magnetic", "unknown"] },
        new("tiers[].size", SettingKind.Size, "Space of all zones together, a multiple of the zone size; an image takes from its host only what is written.")
        {
            Min = "8MiB", Max = "64TiB",
        },
        new("tiers[].zoneSize", SettingKind.Size, "Distance between the starts of two zones, a multiple of 4KiB; a tier needs 8 zones or more.")
        {
            Default = "32MiB", Min = "1MiB", Max = "8GiB",
        },
        new("tiers[].zoneCapacity", SettingKind.Size, "Bytes that can be written in a zone, a multiple of 4KiB, at most the zone size.")
        {
            DerivedDefault = "zoneSize", Min = "1MiB", Max = "8GiB",
        },
        new("tiers[].maxOpenZones", SettingKind.Count, "Zones that may be written at once, at most maxActiveZones; 0 is no limit.") { Default = "0", Min = "0", Max = "4096" },
        new("tiers[].maxActiveZones", SettingKind.Count, "Zones that may be partly written at once; 0 is no limit.") { Default = "0", Min = "0", Max = "4096" },
        new("memory.dirtyBytesMax", SettingKind.Size, "Written bytes that may wait in memory before writers wait.") { Default = "64MiB", Min = "1MiB", Max = "4GiB" },
        new("durability.commitInterval", SettingKind.Duration, "Data and metadata older than this are made durable without being asked.")
        {
            Default = "5s", Min = "100ms", Max = "10min",
        },
        new("durability.journalBytesMax", SettingKind.Size, "Journal since the last checkpoint that calls for the next one; at most an eighth of the fast tier.")
        {
            Default = "64MiB", Min = "1MiB", Max = "1GiB",
        },
        new("mover.bytesPerSecond", SettingKind.Size, "How much the mover may copy in a second; 0 stops it, except for what cleaning needs.")
        {
            Default = "200MiB", Min = "0", Max = "1TiB",
        },
        new("mover.interval", SettingKind.Duration, "How often the mover looks for work.") { Default = "1s", Min = "10ms", Max = "1h" },
        new("mover.quietTime", SettingKind.Duration, "A foreground request this recent makes the mover wait.") { Default = "20ms", Min = "0", Max = "1min" },
        new("mover.cleanBelowFreeFraction", SettingKind.Fraction, "Share of a tier's zones that cleaning keeps free.") { Default = "0.25", Min = "0.01", Max = "0.9" },
        new("mover.promotedFractionMax", SettingKind.Fraction, "Share of the fast tier that promoted copies may fill.") { Default = "0.5", Min = "0", Max = "0.9" },
        new("classes[].glob", SettingKind.Text, "Paths from the volume's root, without a leading slash; * and ? stop at slashes, ** does not. The first match decides.")
        {
            Pattern = "^[^/].{0,1023}$", PatternMeaning = "1 to 1024 characters, no leading slash",
        },
        new("classes[].class", SettingKind.Choice, "The class of the files that the glob matches.") { Choices = Classes },
        new("mount.readAhead", SettingKind.Size, "How far the kernel reads ahead of a sequential reader; 0 leaves the kernel's own.") { Default = "4MiB", Min = "0", Max = "256MiB" },
        new("mount.workers", SettingKind.Count, "Threads that serve requests, and so how many can be under way.")
        {
            DerivedDefault = "twice the processors, 4 to 16", Min = "2", Max = "64",
        },
        new("mount.allowOther", SettingKind.Switch, "Whether other users than the one who mounts may use the mount.") { Default = "false" },
        new("mount.readOnly", SettingKind.Switch, "Whether the volume is mounted without the right to change it.") { Default = "false" },
        new("log.file", SettingKind.Path, "Where the daemon writes its log.") { DerivedDefault = "ztfs.log beside the first tier's image" },
        new("log.level", SettingKind.Choice, "The least serious lines that are logged.") { Default = "information", Choices = ["debug", "information", "warning", "error"] },
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
}
