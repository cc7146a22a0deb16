namespace ZoneTierFS.Engine.Checking;

/// <summary>A whole check: structure, pages of checksums, data. Writes nothing.</summary>
internal sealed class VolumeCheck(VolumeState state)
{
    /// <param name="isAtRest">Nothing works on the volume.</param>
    /// <param name="progress">Told the share of the data's bytes that is done, 0 to 1.</param>
    public async Task<CheckReport> RunAsync(bool isAtRest, IProgress<double>? progress, CancellationToken ct)
    {
        var findings = new FindingList();
        var structure = new StructureCheck(state, findings);
        lock (state.Gate) structure.Run(isAtRest);
        await new ChecksumPages(state, findings).RunAsync(ct);
        var data = new DataCheck(state, structure.Blocks, findings);
        await data.RunAsync(progress, ct);
        if (data.IsCut) findings.Add(new CheckFinding(FindingKind.Data, "there is more damaged data than is named here"));
        return new CheckReport(structure.Files, data.BytesRead, findings.ToList());
    }

    /// <summary>Structure alone, which is all in memory.</summary>
    public IReadOnlyList<CheckFinding> FindInStructure(bool isAtRest)
    {
        var findings = new FindingList();
        lock (state.Gate) new StructureCheck(state, findings).Run(isAtRest);
        return findings.ToList();
    }
}
