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
        if (isAtRest) AddOpeningDamage(findings);
        // A volume that is read without them; one that was opened for a check still has them, and finds them below.
        foreach (var impossible in state.Impossible.Descriptions) findings.Add(new CheckFinding(FindingKind.Metadata, impossible));
        lock (state.Gate) structure.Run(isAtRest);
        await new ChecksumPages(state, findings).RunAsync(withCopies: isAtRest, ct);
        var data = new DataCheck(state, structure.Blocks, findings);
        await data.RunAsync(progress, ct);
        if (data.IsCut) findings.Add(new CheckFinding(FindingKind.Data, "there is more damaged data than is named here"));
        return new CheckReport(structure.Files, data.BytesRead, findings.ToList());
    }

    /// <summary>What opening the volume has found, and got around. The checkpoint at the end of a repair mends it.</summary>
    private void AddOpeningDamage(FindingList findings)
    {
        foreach (var copy in state.Copies.Where(copy => !copy.IsWhole && (copy.Number == 0 || state.Superblocks.Newest.SecondRoot is not null)))
        {
            findings.Add(new CheckFinding(FindingKind.Metadata, $"copy {copy.Number + 1} of the metadata is damaged")
            {
                Tier = state.Zones[copy.Device].Tier,
                Repair = new ItemRepair($"Write what copy {copy.Number + 1} of the metadata lacks anew from the other.", null, static _ => { }),
            });
        }
        if (state.JournalDamage is { } damage)
            findings.Add(new CheckFinding(FindingKind.Metadata, damage)
            {
                Repair = new ItemRepair("Go on from before the damage in the journal.", damage, static _ => { }),
            });
    }

    /// <summary>Structure alone, which is all in memory.</summary>
    public IReadOnlyList<CheckFinding> FindInStructure(bool isAtRest)
    {
        var findings = new FindingList();
        lock (state.Gate) new StructureCheck(state, findings).Run(isAtRest);
        return findings.ToList();
    }
}
