using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Checking;

/// <summary>Whether every page of checksums can be read and is whole. The only part of a check that knows where pages lie.</summary>
internal sealed class ChecksumPages(VolumeState state, FindingList findings)
{
    /// <param name="withCopies">Also what is whole in another copy: on an open volume the next checkpoint mends that.</param>
    public async Task RunAsync(bool withCopies, CancellationToken ct)
    {
        using var image = new AlignedMemory(PageFormat.Size);
        for (uint page = 0; page < state.Checksums.PageCount; page++)
        {
            ct.ThrowIfCancellationRequested();
            var (whole, damage) = (0, new List<string>());
            foreach (var copy in state.Copies)
            {
                PageAddress address;
                lock (state.Gate)
                {
                    address = copy.Checksums.Get(page);
                    if (address.IsNone) continue;
                    state.Zones[copy.Device][(int)address.Zone].Pins++; // a checkpoint may write the page elsewhere meanwhile
                }
                if (await TryReadAsync(copy, page, address, image.Memory, ct) is { } problem)
                    damage.Add($"copy {copy.Number + 1} of checksum page {page}, on tier {state.Zones[copy.Device].Tier} at {address}, is damaged: {problem}");
                else whole++;
            }
            if (damage.Count > 0 && (withCopies || whole == 0)) Add(page, whole, damage);
        }
    }

    private void Add(uint page, int whole, List<string> damage)
    {
        foreach (var text in damage)
            findings.Add(new CheckFinding(FindingKind.Checksums,
                whole > 0 ? text : $"{text}; the {BlockChecksums.PerPage} blocks that it covers cannot be read")
            { Repair = whole > 0 ? new ChecksumPageRepair(page) : null });
    }

    private async Task<string?> TryReadAsync(MetadataCopy copy, uint page, PageAddress address, Memory<byte> image, CancellationToken ct)
    {
        try
        {
            await copy.Medium.ReadAsync(new ZoneAddress(new ZoneId((int)address.Zone), (long)address.Block * DeviceZones.BlockSize), image, ct);
            return PageFormat.TryCheck(image.Span, PageKind.Checksum, page, out var problem) ? null : problem;
        }
        catch (DeviceException failure)
        {
            return failure.Message;
        }
        finally
        {
            state.Unpin(new Location(copy.Device, (int)address.Zone, address.Block));
        }
    }
}
