using System.Globalization;
using System.Text.RegularExpressions;

namespace ZoneTierFS.Cli.Configuration;

/// <summary>The values of a configuration, each checked by itself as it is taken, and all that was found wrong.</summary>
internal sealed class SettingValues(string file)
{
    private readonly Dictionary<string, string> _given = [];
    private readonly Dictionary<string, (string Text, decimal Number)> _valid = [];
    private readonly Dictionary<string, string> _sources = [];
    private readonly List<ConfigurationProblem> _problems = [];

    public string File { get; } = file;

    public IReadOnlyList<ConfigurationProblem> Problems => _problems;

    /// <summary>Whether a path is an object or a list that holds keys: "memory", "tiers", "tiers[1]".</summary>
    public static bool IsSection(string path)
    {
        var generic = SettingKeys.Generic(path);
        var names = SettingKeys.All.Select(key => key.Name).Where(name => name.Length > generic.Length && name.StartsWith(generic, StringComparison.Ordinal));
        return names.Any(name => name[generic.Length] is '.' or '[');
    }

    public void Report(string source, string key, string? value, string wrong, string mend) =>
        _problems.Add(new ConfigurationProblem(source, key, value, wrong, mend));

    /// <summary>Adds a problem with a key whose value is there, naming where it came from.</summary>
    public void Report(string path, string wrong, string mend) =>
        Report(_sources.GetValueOrDefault(path, File), path, _given.GetValueOrDefault(path), wrong, mend);

    /// <summary>Adds a problem with a key that does not exist, and what it may have been meant to be.</summary>
    public void ReportUnknown(string path, string source)
    {
        var nearest = Spelling.Nearest(SettingKeys.Generic(path), SettingKeys.All.Select(key => key.Name));
        var mend = nearest is null ? "Remove it; mount-configs/README.md lists every key" : $"Did you mean {nearest}?";
        Report(source, path, null, "there is no such key", mend);
    }

    /// <summary>Checks one value and keeps it when it is right.</summary>
    public void Take(string path, string? value, bool hasChildren, string source)
    {
        _sources[path] = source;
        if (SettingKeys.Find(path) is not { } key)
        {
            ReportUnknown(path, source);
            return;
        }
        _given[path] = value ?? "";
        if (hasChildren)
            Report(path, "is a value, not a section", $"Allowed: {key.Range}");
        else if (string.IsNullOrEmpty(value))
            Report(path, "is empty", $"Allowed: {key.Range}");
        else if (TryRead(key, value, out var number, out var wrong, out var mend))
            _valid[path] = (value, number);
        else
            Report(path, wrong, mend);
    }

    /// <summary>Adds a problem for each required key that no element has.</summary>
    public void ReportMissing()
    {
        foreach (var key in SettingKeys.All.Where(key => key.IsRequired))
        {
            var list = key.Name[..key.Name.IndexOf('[', StringComparison.Ordinal)];
            foreach (var index in Elements(list))
            {
                var path = key.Name.Replace("[]", $"[{index}]", StringComparison.Ordinal);
                if (!_given.ContainsKey(path))
                    Report(path, "is missing", $"Allowed: {key.Range}. {key.Meaning.TrimEnd('.')}");
            }
        }
    }

    /// <summary>The numbers of a list's elements, ascending; a gap is possible where the environment or a flag named a far one.</summary>
    public IReadOnlyList<int> Elements(string list)
    {
        var prefix = list + "[";
        return [.. _sources.Keys.Where(path => path.StartsWith(prefix, StringComparison.Ordinal))
            .Select(path => int.Parse(path.AsSpan(prefix.Length, path.IndexOf(']', StringComparison.Ordinal) - prefix.Length), CultureInfo.InvariantCulture))
            .Distinct().Order()];
    }

    /// <summary>The value or its default as text; null where it is wrong or follows from others.</summary>
    public string? Text(string path) => Read(path)?.Text;

    /// <summary>The value or its default as a number (bytes, milliseconds); null where it is wrong or follows from others.</summary>
    public decimal? Number(string path) => Read(path)?.Number;

    public bool Switch(string path) => Number(path) == 1;

    public TimeSpan Duration(string path) => TimeSpan.FromMilliseconds((double)Number(path)!.Value);

    private (string Text, decimal Number)? Read(string path)
    {
        if (_valid.TryGetValue(path, out var value))
            return value;
        var key = SettingKeys.Find(path) ?? throw new ArgumentException($"There is no key '{path}'.", nameof(path));
        if (_given.ContainsKey(path) || key.Default is not { } text)
            return null;
        if (!TryRead(key, text, out var number, out _, out _))
            throw new InvalidOperationException($"The default of '{path}' is wrong: {text}.");
        return (text, number);
    }

    private static bool TryRead(SettingKey key, string text, out decimal number, out string wrong, out string mend)
    {
        number = 0;
        mend = $"Allowed: {key.Range}";
        wrong = "is not among the allowed words";
        switch (key.Kind)
        {
            case SettingKind.Text:
                wrong = "is not an allowed text";
                return Regex.IsMatch(text, key.Pattern, RegexOptions.CultureInvariant);
            case SettingKind.Path:
                return true;
            case SettingKind.Choice:
                mend += Spelling.Nearest(text, key.Choices) is { } nearest ? $". Did you mean {nearest}?" : "";
                return key.Choices.Contains(text);
            case SettingKind.Switch:
                // The JSON reader hands on true as "True".
                number = string.Equals(text, "true", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
                return text is "true" or "false" or "True" or "False";
            default:
                return TryReadNumber(key, text, out number, out wrong, ref mend);
        }
    }

    private static bool TryReadNumber(SettingKey key, string text, out decimal number, out string wrong, ref string mend)
    {
        wrong = "cannot be read";
        if (!SettingNumber.TryParse(key.Kind, text, out number, out var advice))
        {
            mend = $"{advice}. {mend}";
            return false;
        }
        SettingNumber.TryParse(key.Kind, key.Min, out var min, out _);
        SettingNumber.TryParse(key.Kind, key.Max, out var max, out _);
        wrong = number < min ? "is too small" : "is too large";
        return number >= min && number <= max;
    }
}
