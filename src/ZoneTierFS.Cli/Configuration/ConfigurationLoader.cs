using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace ZoneTierFS.Cli.Configuration;

/// <summary>
/// Reads a configuration: the file, over it the environment (ZTFS_MEMORY__DIRTYBYTESMAX), over that the flags (--set memory.dirtyBytesMax=1GiB).
/// Everything is checked before anything is returned, and everything that is wrong is reported at once.
/// </summary>
internal sealed class ConfigurationLoader
{
    public const string VariablePrefix = "ZTFS_";

    /// <summary>The variable that names the file; it is no setting.</summary>
    public const string FileVariable = "ZTFS_CONFIG";

    private const string FlagName = "--set";

    private readonly string _file;
    private readonly SettingValues _values;

    private ConfigurationLoader(string file)
    {
        _file = file;
        _values = new SettingValues(file);
    }

    /// <param name="variables">The process's environment variables.</param>
    /// <param name="assignments">The flags' values, each "key=value".</param>
    /// <exception cref="ConfigurationException">The file cannot be read, or something in the configuration is wrong.</exception>
    public static VolumeConfiguration Load(string file, IReadOnlyDictionary<string, string> variables, IReadOnlyList<string> assignments)
    {
        var loader = new ConfigurationLoader(Path.GetFullPath(file));
        var builder = new ConfigurationBuilder();
        using var stream = loader.OpenFile();
        builder.AddJsonStream(stream);
        var fromVariables = loader.ReadVariables(variables);
        builder.AddInMemoryCollection(fromVariables.ToDictionary(pair => pair.Key, pair => (string?)pair.Value.Value));
        builder.AddInMemoryCollection(loader.ReadAssignments(assignments));
        var root = loader.Build(builder);
        loader.Walk(root, root, "", path => fromVariables[path].Variable);
        loader._values.ReportMissing();
        ConfigurationRules.Check(loader._values);
        loader.ThrowIfWrong();
        return VolumeConfiguration.From(loader._values, variables.GetValueOrDefault("HOME", "/"));
    }

    private FileStream OpenFile()
    {
        try
        {
            return File.OpenRead(_file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var wrong = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message.TrimEnd('.');
            throw Refuse("(file)", wrong, "Name a configuration file that exists and can be read; mount-configs/embedded.json is one to copy");
        }
    }

    private IConfigurationRoot Build(ConfigurationBuilder builder)
    {
        try
        {
            return builder.Build();
        }
        catch (JsonException e)
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
            throw Refuse("(file)", $"is not valid JSON at {line}", "Mend the syntax there: quotes, commas, brackets");
        }
        catch (FormatException e)
        {
            throw Refuse("(file)", e.Message.TrimEnd('.').Replace(':', '.'), "Write one JSON object in which each key stands once");
        }
    }

    private ConfigurationException Refuse(string key, string wrong, string mend) => new(_file, [new ConfigurationProblem(_file, key, null, wrong, mend)]);

    private void ThrowIfWrong()
    {
        if (_values.Problems.Count > 0)
            throw new ConfigurationException(_file, _values.Problems);
    }

    /// <summary>Settings among the environment variables, by their configuration path. Names there are upper-case: letters match without case.</summary>
    private Dictionary<string, (string Variable, string Value)> ReadVariables(IReadOnlyDictionary<string, string> variables)
    {
        var settings = new Dictionary<string, (string, string)>(StringComparer.OrdinalIgnoreCase);
        foreach (var (variable, value) in variables.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!variable.StartsWith(VariablePrefix, StringComparison.Ordinal) || variable == FileVariable)
                continue;
            var name = variable[VariablePrefix.Length..];
            if (name.Contains("__", StringComparison.Ordinal) && Canonical(name.Replace("__", ":", StringComparison.Ordinal)) is { } path)
                settings[path] = (variable, value);
            else if (name.Contains("__", StringComparison.Ordinal))
                _values.ReportUnknown(Dotted(name.Replace("__", ":", StringComparison.Ordinal)), variable);
            else if (FindRunTogether(name) is { } key)
                _values.Report(variable, key.Name, value, "a single underscore does not lead into a section", $"Write two: {VariableFor(key.Name)}");
        }
        return settings;
    }

    private static SettingKey? FindRunTogether(string name)
    {
        var letters = name.Replace("_", "", StringComparison.Ordinal);
        return SettingKeys.All.FirstOrDefault(key => key.Name.Replace(".", "", StringComparison.Ordinal).Equals(letters, StringComparison.OrdinalIgnoreCase));
    }

    private static string VariableFor(string key) => VariablePrefix + key.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>"TIERS:0:ZONESIZE" becomes "tiers:0:zoneSize"; null where there is no such key.</summary>
    private static string? Canonical(string path)
    {
        var dotted = Dotted(path);
        var key = SettingKeys.All.FirstOrDefault(key => string.Equals(key.Name, SettingKeys.Generic(dotted), StringComparison.OrdinalIgnoreCase));
        var index = path.Split(':').FirstOrDefault(part => IsIndex(part), "");
        return key?.Name.Replace("[]", ":" + index, StringComparison.Ordinal).Replace('.', ':');
    }

    private Dictionary<string, string?> ReadAssignments(IReadOnlyList<string> assignments)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var assignment in assignments)
        {
            var equals = assignment.IndexOf('=', StringComparison.Ordinal);
            var key = assignment[..Math.Max(0, equals)].Replace("]", "", StringComparison.Ordinal).Replace('[', ':').Replace('.', ':');
            if (equals > 0)
                settings[key] = assignment[(equals + 1)..];
            else
                _values.Report(FlagName, assignment, null, "is no assignment", $"Write {FlagName} key=value, for example {FlagName} mover.interval=2s");
        }
        return settings;
    }

    private void Walk(IConfigurationRoot root, IConfiguration section, string parent, Func<string, string> variableOf)
    {
        foreach (var child in section.GetChildren())
        {
            var path = parent.Length == 0 ? child.Key : IsIndex(child.Key) ? $"{parent}[{child.Key}]" : $"{parent}.{child.Key}";
            if (path == SettingKeys.SchemaReference)
                continue;
            var source = SourceOf(root, child.Path, variableOf);
            if (SettingValues.IsSection(path) && !string.IsNullOrEmpty(child.Value))
                _values.Report(source, path, child.Value, "is a section, not a value", "Write the keys of the section below it");
            else if (SettingValues.IsSection(path))
                Walk(root, child, path, variableOf);
            else
                _values.Take(path, child.Value, child.GetChildren().Any(), source);
        }
    }

    private string SourceOf(IConfigurationRoot root, string path, Func<string, string> variableOf)
    {
        var layer = root.Providers.ToList().FindLastIndex(provider => provider.TryGet(path, out _));
        return layer switch
        {
            1 => variableOf(path),
            2 => FlagName,
            _ => _file,
        };
    }

    private static string Dotted(string path) =>
        path.Split(':').Aggregate("", (joined, part) => joined.Length == 0 ? part : IsIndex(part) ? $"{joined}[{part}]" : $"{joined}.{part}");

    private static bool IsIndex(string part) => part.Length is > 0 and < 6 && part.All(char.IsAsciiDigit);
}
