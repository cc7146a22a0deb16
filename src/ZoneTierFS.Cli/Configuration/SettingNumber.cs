using System.Globalization;

namespace ZoneTierFS.Cli.Configuration;

/// <summary>Numbers as people write them in a configuration: bytes, time and shares, with their units.</summary>
internal static class SettingNumber
{
    private static readonly IReadOnlyList<(string Unit, decimal Factor)> SizeUnits =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("B", 1)];

    private static readonly IReadOnlyList<(string Unit, decimal Factor)> DurationUnits = [("ms", 1), ("min", 60_000), ("h", 3_600_000), ("s", 1_000)];

    /// <summary>Reads a value: bytes for sizes, milliseconds for durations, the number itself otherwise.</summary>
    /// <param name="mend">What is wrong with the text, as advice; empty when it could be read.</param>
    public static bool TryParse(SettingKind kind, string text, out decimal value, out string mend)
    {
        mend = "";
        switch (kind)
        {
            case SettingKind.Size:
                if (TryParse(text, SizeUnits, out value) && decimal.IsInteger(value))
                    return true;
                mend = "Write a number of bytes with its unit (B, KiB, MiB, GiB, TiB), for example \"64MiB\"";
                return false;
            case SettingKind.Duration:
                if (TryParse(text, DurationUnits, out value))
                    return true;
                mend = "Write a number with its unit (ms, s, min, h), for example \"5s\"";
                return false;
            case SettingKind.Count:
                if (decimal.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value))
                    return true;
                mend = "Write a whole number";
                return false;
            case SettingKind.Fraction:
                if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value))
                    return true;
                mend = "Write a decimal number";
                return false;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "This kind of setting is not a number.");
        }
    }

    /// <summary>Bytes with the largest unit that keeps the number readable: "1.5 GiB".</summary>
    public static string FormatBytes(double bytes)
    {
        var (unit, factor) = SizeUnits.Where(candidate => (double)candidate.Factor <= bytes).DefaultIfEmpty(("B", 1)).MaxBy(candidate => candidate.Item2);
        var value = bytes / (double)factor;
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(value, value < 100 && factor > 1 ? 1 : 0)} {unit}");
    }

    private static bool TryParse(string text, IReadOnlyList<(string Unit, decimal Factor)> units, out decimal value)
    {
        value = 0;
        if (text == "0")
            return true;
        foreach (var (unit, factor) in units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            if (!decimal.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return false;
            if (number > long.MaxValue / factor)
                return false;
            value = number * factor;
            return true;
        }
        return false;
    }
}
