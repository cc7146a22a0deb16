namespace ZoneTierFS.Engine;

/// <summary>What a check found.</summary>
/// <param name="Damage">One line for each damaged file or structure, empty when all is well.</param>
public sealed record CheckReport(long FilesChecked, long BytesChecked, IReadOnlyList<string> Damage);
