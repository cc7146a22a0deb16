using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using ZoneTierFS.Cli.Configuration;

namespace ZoneTierFS.Tests.Cli.Configuration;

/// <summary>What the documents beside the configurations must say, derived from the table of keys in the code.</summary>
internal static class ConfigurationDocuments
{
    public static string Folder([CallerFilePath] string here = "") => Path.GetFullPath("../../../../mount-configs", Path.GetDirectoryName(here)!);

    public static string TableRow(SettingKey key)
    {
        var unit = key.Kind switch
        {
            SettingKind.Size => "size",
            SettingKind.Duration => "time",
            SettingKind.Count => "number",
            SettingKind.Fraction => "share",
            SettingKind.Switch => "switch",
            SettingKind.Choice => "word",
            SettingKind.Path => "path",
            _ => "text",
        };
        return $"| `{key.Name}` | {key.Meaning.Replace("*", "\\*", StringComparison.Ordinal)} | {unit} | {key.DefaultText} | {key.Range} |";
    }

    public static JsonObject Schema()
    {
        var root = Section([]);
        root["properties"]!["$schema"] = new JsonObject { ["type"] = "string" };
        foreach (var key in SettingKeys.All)
        {
            var parts = key.Name.Split('.');
            Add(SectionOf(root, parts[0]), parts[1], key);
        }
        root["required"] = new JsonArray("tiers");
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "ZoneTierFS volume",
            ["description"] = "The devices of a volume and how it is mounted. README.md explains the keys.",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["required"] = root["required"]!.DeepClone(),
            ["properties"] = root["properties"]!.DeepClone(),
        };
    }

    private static JsonObject Section(IReadOnlyList<string> required)
    {
        var section = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = new JsonObject() };
        if (required.Count > 0)
            section["required"] = new JsonArray([.. required.Select(name => JsonValue.Create(name))]);
        return section;
    }

    private static JsonObject SectionOf(JsonObject root, string name)
    {
        var properties = root["properties"]!.AsObject();
        var isList = name.EndsWith("[]", StringComparison.Ordinal);
        var bare = name.Replace("[]", "", StringComparison.Ordinal);
        if (properties[bare] is not JsonObject section)
        {
            var required = SettingKeys.All.Where(key => key.IsRequired && key.Name.StartsWith(name, StringComparison.Ordinal));
            section = Section([.. required.Select(key => key.Name.Split('.')[1])]);
            var itemsMax = bare == "tiers" ? SettingKeys.TiersMax : SettingKeys.ClassRulesMax;
            if (isList)
                section = new JsonObject { ["type"] = "array", ["maxItems"] = itemsMax, ["items"] = section };
            if (bare == "tiers")
                section["minItems"] = 1;
            properties[bare] = section;
        }
        return isList ? section["items"]!.AsObject() : section;
    }

    private static void Add(JsonObject section, string name, SettingKey key)
    {
        var property = new JsonObject { ["description"] = $"{key.Meaning} Allowed: {key.Range}." };
        switch (key.Kind)
        {
            case SettingKind.Size:
                property["type"] = "string";
                property["pattern"] = "^(0|[0-9]+(\\.[0-9]+)?(B|KiB|MiB|GiB|TiB))$";
                break;
            case SettingKind.Duration:
                property["type"] = "string";
                property["pattern"] = "^(0|[0-9]+(\\.[0-9]+)?(ms|s|min|h))$";
                break;
            case SettingKind.Count or SettingKind.Fraction:
                property["type"] = key.Kind == SettingKind.Count ? "integer" : "number";
                property["minimum"] = JsonNode.Parse(key.Min);
                property["maximum"] = JsonNode.Parse(key.Max);
                break;
            case SettingKind.Switch:
                property["type"] = "boolean";
                break;
            case SettingKind.Choice:
                property["enum"] = new JsonArray([.. key.Choices.Select(choice => JsonValue.Create(choice))]);
                break;
            default:
                property["type"] = "string";
                if (key.Pattern.Length > 0)
                    property["pattern"] = key.Pattern;
                break;
        }
        var isLiteral = key.Kind is SettingKind.Count or SettingKind.Fraction or SettingKind.Switch;
        if (key.Default is { } value)
            property["default"] = isLiteral ? JsonNode.Parse(value) : value;
        section["properties"]![name] = property;
    }
}
