using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Checking;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Counts that do not agree with the extents are told, whichever way they are wrong.</summary>
public sealed class AccountingTests
{
    [Fact]
    public async Task A_volume_at_work_adds_up()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        await fixture.CreateFileAsync("f", VolumeFixture.Bytes(3 << 20, 1));
        Assert.Empty(Accounting.FindErrors(fixture.Volume.State, isQuiet: false));
        await fixture.SyncAsync();
        Assert.Empty(Accounting.FindErrors(fixture.Volume.State, isQuiet: false));
        await fixture.ReopenAsync();
        Assert.Empty(Accounting.FindErrors(fixture.Volume.State, isQuiet: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_block_too_many_is_told(bool promoted)
    {
        await using var fixture = await StoredAsync();
        var zone = FindData(fixture.Volume.State);
        lock (fixture.Volume.State.Gate) fixture.Volume.State.Zones[0].AddLive(zone, 1, promoted);
        Assert.Contains($"zone {zone} ", Assert.Single(Accounting.FindErrors(fixture.Volume.State, isQuiet: false)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forgotten_pin_and_a_forgotten_promise_are_told_when_nothing_is_under_way()
    {
        await using var fixture = await StoredAsync();
        var state = fixture.Volume.State;
        var zone = FindData(state);
        lock (state.Gate) state.Zones[0][zone].Pins++;
        Assert.DoesNotContain(Accounting.FindErrors(state, isQuiet: false), error => error.Contains("pinned", StringComparison.Ordinal));
        Assert.Contains(Accounting.FindErrors(state, isQuiet: true), error => error.Contains("pinned", StringComparison.Ordinal));
        lock (state.Gate) state.Zones[0][zone].Pins--;
        Assert.Equal(Errno.Ok, await state.Space.ReserveAsync(7));
        Assert.Contains(Accounting.FindErrors(state, isQuiet: true), error => error.Contains("7 blocks are promised", StringComparison.Ordinal));
    }

    private static async Task<VolumeFixture> StoredAsync()
    {
        var fixture = await VolumeFixture.CreateAsync();
        await fixture.CreateFileAsync("f", VolumeFixture.Bytes(300_000, 1));
        await fixture.SyncAsync();
        return fixture;
    }

    private static int FindData(VolumeState state)
    {
        lock (state.Gate)
            return Enumerable.Range(0, state.Zones[0].Count).First(zone => state.Zones[0][zone] is { Use: ZoneUse.Open or ZoneUse.Full, Live: > 0 });
    }
}
