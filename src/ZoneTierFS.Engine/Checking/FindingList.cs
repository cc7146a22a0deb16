namespace ZoneTierFS.Engine.Checking;

/// <summary>What a check has found so far, up to a number that anybody would still read.</summary>
internal sealed class FindingList
{
    /// <summary>Findings that are kept; a repair finds the rest in its next round.</summary>
    public const int Max = 10_000;

    private readonly List<CheckFinding> _findings = [];
    private long _more;

    public int Count => _findings.Count;

    public void Add(CheckFinding finding)
    {
        if (_findings.Count < Max) _findings.Add(finding);
        else _more++;
    }

    public IReadOnlyList<CheckFinding> ToList() =>
        _more == 0 ? _findings : [.. _findings, new CheckFinding(FindingKind.Metadata, $"and {_more} more findings")];
}
