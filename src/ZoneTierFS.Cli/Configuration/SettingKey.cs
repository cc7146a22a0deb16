namespace ZoneTierFS.Cli.Configuration;

/// <summary>
/// One key of the configuration: what it takes and what it means. The loader checks values against these, and a test holds the table in
/// mount-configs/README.md and the schema beside it to them.
/// </summary>
/// <param name="Name">Path of the key; "[]" stands for each element of a list.</param>
internal sealed record SettingKey(string Name, SettingKind Kind, string Meaning)
{
    /// <summary>As it would be written in a file; null where the key is required or its default follows from others.</summary>
    public string? Default { get; init; }

    /// <summary>In words, what holds where there is no fixed default.</summary>
    public string? DerivedDefault { get; init; }

    /// <summary>Smallest and largest value, as they would be written in a file; kinds that are numbers have both.</summary>
    public string Min { get; init; } = "";

    public string Max { get; init; } = "";

    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>A regular expression for the whole of a text, and what it allows in words.</summary>
    public string Pattern { get; init; } = "";

    public string PatternMeaning { get; init; } = "";

    public bool IsRequired => Default is null && DerivedDefault is null;

    /// <summary>The allowed values in words, for messages and for the table.</summary>
    public string Range => Kind switch
    {
        SettingKind.Text => PatternMeaning,
        SettingKind.Path => "a file path",
        SettingKind.Choice => string.Join(", ", Choices),
        SettingKind.Switch => "true, false",
        _ => $"{Min} to {Max}",
    };

    public string DefaultText => Default ?? DerivedDefault ?? "required";
}
