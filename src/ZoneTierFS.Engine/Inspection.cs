namespace ZoneTierFS.Engine;

/// <summary>A structure as it was found on the medium: named values, and the structures in it.</summary>
/// <param name="Title">What it is, and which.</param>
public sealed record Inspection(string Title)
{
    public Dictionary<string, string> Fields { get; } = [];

    public List<Inspection> Parts { get; } = [];

    internal Inspection With(string name, object? value)
    {
        Fields[name] = Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "";
        return this;
    }
}
