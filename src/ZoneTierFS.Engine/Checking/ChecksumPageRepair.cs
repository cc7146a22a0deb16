namespace ZoneTierFS.Engine.Checking;

/// <summary>Writes a page of checksums anew, in all copies, from the one that is whole.</summary>
internal sealed class ChecksumPageRepair(uint page) : IRepair
{
    public string Description => $"Write checksum page {page} anew from its other copy.";

    public string? Loss => null;

    public async ValueTask DoAsync(VolumeState state) => await state.Checksums.RewriteAsync(page);
}
