using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Checking;

/// <summary>Whether every page of checksums can be read and is whole. The only part of a check that knows where pages lie.</summary>
internal sealed class ChecksumPages(VolumeState state, FindingList findings)
{
    public async Task RunAsync(CancellationToken ct)
    {
        using var image = new AlignedMemory(PageFormat.Size);
        for (uint page = 0; page < state.Checksums.PageCount; page++)
        {
            ct.ThrowIfCancellationRequested();
            PageAddress address;
            lock (state.Gate)
            {
                address = state.Checksums.Table.Get(page);
                if (address.IsNone || address.Zone >= state.Zones[0].Count) continue;
                state.Zones[0][(int)address.Zone].Pins++; // a checkpoint may write the page elsewhere meanwhile
            }
            if (await TryReadAsync(page, address, image.Memory, ct) is { } problem)
                findings.Add(new CheckFinding(FindingKind.Checksums,
                    $"checksum page {page} at {address} is damaged: {problem}; the {BlockChecksums.PerPage} blocks that it covers cannot be read")
                { Tier = state.Zones[0].Tier, Zone = (int)address.Zone });
        }
    }

    private async Task<string?> TryReadAsync(uint page, PageAddress address, Memory<byte> image, CancellationToken ct)
    {
        try
        {
            await state.Zones[0].Device.ReadAsync(new ZoneAddress(new ZoneId((int)address.Zone), (long)address.Block * DeviceZones.BlockSize), image, ct);
            return PageFormat.TryCheck(image.Span, PageKind.Checksum, page, out var problem) ? null : problem;
        }
        catch (DeviceException failure)
        {
            return failure.Message;
        }
        finally
        {
            state.Unpin(new Location(0, (int)address.Zone, address.Block));
        }
    }
}
