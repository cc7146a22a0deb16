namespace ZoneTierFS.Engine;

/// <summary>What a check found.</summary>
/// <param name="FilesChecked">Regular files.</param>
/// <param name="BytesChecked">Bytes of data that were read and compared with their checksums.</param>
/// <param name="Findings">All that is wrong, empty when all is well.</param>
public sealed record CheckReport(long FilesChecked, long BytesChecked, IReadOnlyList<CheckFinding> Findings)
{
    /// <summary>One line for each finding.</summary>
    public IReadOnlyList<string> Damage => [.. Findings.Select(finding => finding.ToString())];
}
