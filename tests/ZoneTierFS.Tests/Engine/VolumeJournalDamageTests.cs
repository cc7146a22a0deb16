using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>The end of the journal may be torn, its middle may not: what was synced is never given up silently.</summary>
public class VolumeJournalDamageTests
{
    private const int Syncs = 12;

    [Fact]
    public async Task Damage_before_a_batch_that_proves_it_is_not_taken_for_the_end()
    {
        await using var fixture = await CrashedAsync();
        var batches = await BatchesAsync(fixture);
        Assert.True(batches.Count >= Syncs, $"{batches.Count} batches");
        for (var hit = 0; hit < batches.Count - 2; hit += 3)
        {
            var (at, header) = batches[hit];
            fixture.Tlc.Rots = block => block == at;
            var refused = await Assert.ThrowsAsync<VolumeException>(() => fixture.OpenAsync());
            Assert.Equal(VolumeFault.Damaged, refused.Fault);
            Assert.Contains($"that batch {header.Sequence} was durable", refused.Message, StringComparison.Ordinal);
            Assert.Contains("check --repair", refused.Message, StringComparison.Ordinal);
        }
        fixture.Tlc.Rots = null;
        await fixture.OpenAsync();
        for (var i = 0; i < Syncs; i++) Assert.NotEqual(0ul, fixture.Find($"f{i}"));
    }

    [Fact]
    public async Task A_block_of_the_journal_that_cannot_be_read_is_not_taken_for_the_end()
    {
        await using var fixture = await CrashedAsync();
        var batches = await BatchesAsync(fixture);
        fixture.Tlc.FailsRead = from => from == batches[^1].At;
        var refused = await Assert.ThrowsAsync<VolumeException>(() => fixture.OpenAsync());
        Assert.Contains("The journal is damaged", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_batch_may_be_torn()
    {
        await using var fixture = await CrashedAsync();
        var batches = await BatchesAsync(fixture);
        fixture.Tlc.Rots = block => block == batches[^1].At;
        await fixture.OpenAsync();
        for (var i = 0; i < Syncs - 1; i++) Assert.NotEqual(0ul, fixture.Find($"f{i}"));
    }

    [Fact]
    public async Task Read_only_and_for_repair_the_journal_counts_up_to_its_damage()
    {
        await using var fixture = await CrashedAsync();
        var batches = await BatchesAsync(fixture);
        var middle = batches[batches.Count / 2].At;
        fixture.Tlc.Rots = block => block == middle;
        await fixture.OpenAsync(new VolumeOptions { ReadOnly = true });
        Assert.NotEqual(0ul, fixture.Find("f0"));
        Assert.Equal(0ul, fixture.Find($"f{Syncs - 1}"));
        Assert.Contains(fixture.Log.Lines, line => line.Contains("The journal is damaged", StringComparison.Ordinal));
        await fixture.CloseAsync();
        await fixture.OpenAsync(new VolumeOptions { DropsDamagedJournal = true });
        await fixture.ReopenAsync(); // from its checkpoint on, nothing is missing any more
        Assert.NotEqual(0ul, fixture.Find("f0"));
        Assert.Equal(0ul, fixture.Find($"f{Syncs - 1}"));
        await fixture.AssertSoundAsync();
    }

    /// <summary>A volume with a sync for each of some files, whose power failed behind the last.</summary>
    private static async Task<VolumeFixture> CrashedAsync()
    {
        var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { CommitInterval = TimeSpan.FromMinutes(10) });
        for (var i = 0; i < Syncs; i++)
        {
            await fixture.CreateFileAsync($"f{i}");
            await fixture.SyncAsync();
        }
        foreach (var tier in fixture.Devices) ((TestDevice)tier.Device).SetPower(on: false);
        await fixture.CloseAsync();
        foreach (var tier in fixture.Devices) ((TestDevice)tier.Device).SetPower(on: true);
        return fixture;
    }

    /// <summary>The first block of each batch of the newest mount, by its sequence.</summary>
    private static async Task<List<(ZoneAddress At, JournalBatchHeader Header)>> BatchesAsync(VolumeFixture fixture)
    {
        var found = new List<(ZoneAddress At, JournalBatchHeader Header)>();
        using var block = new AlignedMemory(4096);
        foreach (var report in await fixture.Tlc.ReportZonesAsync(CancellationToken.None))
        {
            for (var at = 0L; at < report.WritePointer; at += 4096)
            {
                await fixture.Tlc.ReadAsync(new ZoneAddress(report.Zone, at), block.Memory, CancellationToken.None);
                if (JournalBatchHeader.TryPeek(block.GetSpan(), out var header)) found.Add((new ZoneAddress(report.Zone, at), header));
            }
        }
        var epoch = found.Max(batch => batch.Header.Epoch);
        return [.. found.Where(batch => batch.Header.Epoch == epoch).OrderBy(batch => batch.Header.Sequence)];
    }
}
