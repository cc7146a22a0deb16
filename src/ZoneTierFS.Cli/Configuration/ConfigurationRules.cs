using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Configuration;

/// <summary>What must hold between the values of a configuration, beyond each one's own range.</summary>
internal static class ConfigurationRules
{
    private const int Block = 4096;

    /// <summary>Adds a problem for each rule that is broken; values that are wrong by themselves are passed over.</summary>
    public static void Check(SettingValues values)
    {
        var tiers = values.Elements("tiers");
        if (tiers.Count is 0 or > SettingKeys.TiersMax)
            values.Report("tiers", $"there are {tiers.Count} tiers", $"Allowed: 1 to {SettingKeys.TiersMax} tiers, the fast one first");
        var rules = values.Elements("classes");
        if (rules.Count > SettingKeys.ClassRulesMax)
            values.Report("classes", $"there are {rules.Count} rules", $"Allowed: at most {SettingKeys.ClassRulesMax}");
        for (var i = 0; i < tiers.Count; i++)
        {
            CheckZones(values, $"tiers[{tiers[i]}]", Volume.ZonesMin(i, tiers.Count));
            CheckLimits(values, $"tiers[{tiers[i]}]", Volume.OpenZonesMin(i, tiers.Count));
        }
        CheckUnique(values, tiers, "name");
        CheckUnique(values, tiers, "path");
        CheckJournal(values, tiers);
    }

    private static void CheckZones(SettingValues values, string tier, int zonesMin)
    {
        if (values.Number($"{tier}.zoneSize") is { } zoneSize)
        {
            if (zoneSize % Block != 0)
                values.Report($"{tier}.zoneSize", "is not a multiple of 4KiB", "Write a multiple of 4KiB");
            if (values.Number($"{tier}.zoneCapacity") > zoneSize)
                values.Report($"{tier}.zoneCapacity", "is larger than the zone", $"Write at most the zone size, {zoneSize / 1024}KiB");
            if (values.Number($"{tier}.size") is { } size && (size % zoneSize != 0 || size < zonesMin * zoneSize))
            {
                var mend = $"Write a multiple of the zone size ({zoneSize / 1024}KiB), at least {zonesMin} times it";
                values.Report($"{tier}.size", "does not make whole zones, or too few", mend);
            }
        }
        if (values.Number($"{tier}.zoneCapacity") % Block > 0)
            values.Report($"{tier}.zoneCapacity", "is not a multiple of 4KiB", "Write a multiple of 4KiB");
    }

    private static void CheckLimits(SettingValues values, string tier, int openMin)
    {
        foreach (var limit in (string[])[$"{tier}.maxOpenZones", $"{tier}.maxActiveZones"])
        {
            if (values.Number(limit) is > 0 and var zones && zones < openMin)
                values.Report(limit, "is too few for this tier", $"Write {openMin} or more, or 0 for no limit");
        }
        if (values.Number($"{tier}.maxActiveZones") is > 0 and var active && values.Number($"{tier}.maxOpenZones") > active)
            values.Report($"{tier}.maxOpenZones", "is more than may be active", $"Write at most maxActiveZones, {active}");
    }

    private static void CheckUnique(SettingValues values, IReadOnlyList<int> tiers, string key)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in tiers.Select(tier => $"tiers[{tier}].{key}"))
        {
            if (values.Text(path) is { } text && !seen.Add(text))
                values.Report(path, $"two tiers have the same {key}", $"Give each tier a {key} of its own");
        }
    }

    private static void CheckJournal(SettingValues values, IReadOnlyList<int> tiers)
    {
        const string Key = "durability.journalBytesMax";
        if (tiers.Count > 0 && values.Number($"tiers[{tiers[0]}].size") is { } fast && values.Number(Key) > fast / 8)
            values.Report(Key, "is more than an eighth of the fast tier", $"Write at most {Math.Floor(fast / 8 / 1024)}KiB, or make the first tier larger");
    }
}
