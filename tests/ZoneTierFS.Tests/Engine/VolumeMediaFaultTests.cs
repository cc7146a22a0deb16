using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>A medium that loses writes, puts them where they do not belong, or fails to read: no reader ever sees bytes that are not its file's.</summary>
public sealed class VolumeMediaFaultTests
{
    private const int Length = 307_200;

    [Fact]
    public async Task A_lost_write_is_EIO_and_check_names_the_file()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var good = await fixture.CreateFileAsync("good", VolumeFixture.Bytes(Length, 1));
        await fixture.SyncAsync();
        var zone = fixture.Place(good).Extents[0].Zone;
        fixture.Tlc.LosesWrite = at => at.Zone.Index == zone;
        var bad = await fixture.CreateFileAsync("bad", VolumeFixture.Bytes(Length, 2));
        await fixture.SyncAsync();
        fixture.Tlc.Mend();
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(bad)).Error);
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(good));
        var damage = (await fixture.Volume.CheckAsync(null, CancellationToken.None)).Damage;
        Assert.NotEmpty(damage);
        Assert.All(damage, line => Assert.Contains("/bad (inode", line, StringComparison.Ordinal));
        await fixture.CreateFileAsync("later");
        await fixture.SyncAsync(); // which confirms the sync before
        await fixture.CrashAsync();
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(bad)).Error);
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(good));
    }

    [Fact]
    public async Task A_misdirected_write_never_shows_one_files_bytes_in_another()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var hit = await fixture.CreateFileAsync("hit", VolumeFixture.Bytes(Length, 1));
        var good = await fixture.CreateFileAsync("good", VolumeFixture.Bytes(Length, 2));
        await fixture.SyncAsync();
        var place = fixture.Place(hit).Extents[0];
        fixture.Tlc.Misdirects = at => at.Zone.Index == place.Zone ? new ZoneAddress(new ZoneId(place.Zone), place.ZoneOffset + 8192) : null;
        var strayed = await fixture.CreateFileAsync("strayed", VolumeFixture.Bytes(4096, 3));
        await fixture.SyncAsync();
        fixture.Tlc.Mend();
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(strayed)).Error);
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(hit)).Error);
        Assert.Equal(VolumeFixture.Bytes(Length, 1)[..8192], await fixture.ReadAsync(hit, 0, 8192));
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(hit, 8192, 4096)).Error);
        Assert.Equal(VolumeFixture.Bytes(Length, 2), await fixture.ReadAsync(good));
        var damage = (await fixture.Volume.CheckAsync(null, CancellationToken.None)).Damage;
        Assert.Contains(damage, line => line.Contains("/hit (inode", StringComparison.Ordinal));
        Assert.Contains(damage, line => line.Contains("/strayed (inode", StringComparison.Ordinal));
        Assert.DoesNotContain(damage, line => line.Contains("/good (inode", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_write_that_strays_into_a_clean_copy_costs_nothing()
    {
        // Nothing but what the test itself makes durable is appended.
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover with { CommitInterval = TimeSpan.FromMinutes(10) });
        var inode = await CopiedAsync(fixture);
        var copy = fixture.Place(inode).Extents.First(extent => extent.Promoted);
        var other = await fixture.CreateFileAsync("other", VolumeFixture.Bytes(4096, 9));
        var strays = 1;
        var stray = new ZoneAddress(new ZoneId(copy.Zone), copy.ZoneOffset);
        fixture.Tlc.Misdirects = at => at.Zone.Index >= 2 && Interlocked.Exchange(ref strays, 0) == 1 ? stray : null;
        await fixture.SyncAsync();
        Assert.Equal(0, strays);
        Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(other)).Error);
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task A_bit_that_flips_in_a_footer_only_costs_a_search()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover, zones: 20, slowZones: 14);
        var kept = await fixture.CreateFileAsync("kept", VolumeFixture.Bytes(Length, 1));
        var churn = await fixture.CreateFileAsync("churn");
        await fixture.SyncAsync();
        var capacity = fixture.Tlc.Geometry.ZoneCapacity;
        fixture.Tlc.Spoils = (block, bytes) =>
        {
            if (block.Zone.Index >= 2 && block.Offset == capacity - 4096) bytes[17] ^= 4;
        };
        for (var i = 0; i < 60; i++)
            await fixture.WriteAsync(churn, 0, VolumeFixture.Bytes(900_000, i), sync: true);
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(kept));
        Assert.Equal(VolumeFixture.Bytes(900_000, 59), await fixture.ReadAsync(churn));
    }

    [Fact]
    public async Task A_read_error_that_passes_is_not_noticed()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(Length, 1));
        await fixture.SyncAsync();
        var failed = 0;
        fixture.Tlc.FailsRead = _ => Interlocked.Increment(ref failed) == 1;
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        Assert.True(failed > 1);
        Assert.DoesNotContain(fixture.Log.Lines, line => line.Contains("cannot be read", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_block_that_cannot_be_read_is_told_once_with_its_path_and_its_neighbours_can_be_read()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var directory = await fixture.MakeDirectoryAsync("d");
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(Length, 1), directory);
        var good = await fixture.CreateFileAsync("good", VolumeFixture.Bytes(Length, 2));
        await fixture.SyncAsync();
        fixture.Tlc.FailsRead = Block(fixture, inode, 40_960);
        for (var i = 0; i < 3; i++) Assert.Equal(Errno.EIO, (await fixture.TryReadAsync(inode)).Error);
        Assert.Single(fixture.Log.Lines, line => line.Contains($"Inode {inode}: bytes 40960 to 45056 cannot be read", StringComparison.Ordinal)
            && line.Contains("(/d/f)", StringComparison.Ordinal));
        Assert.Equal(VolumeFixture.Bytes(Length, 1)[..40_960], await fixture.ReadAsync(inode, 0, 40_960));
        Assert.Equal(VolumeFixture.Bytes(Length, 1)[45_056..], await fixture.ReadAsync(inode, 45_056, Length - 45_056));
        Assert.Equal(VolumeFixture.Bytes(Length, 2), await fixture.ReadAsync(good));
        var range = Assert.Single(fixture.Volume.GetVolumeStatus().Damage);
        Assert.Equal(("/d/f", 40_960L, 45_056L), (range.Path, range.From, range.To));
        await fixture.WriteAsync(inode, 40_960, VolumeFixture.Bytes(4096, 5), sync: true);
        Assert.Empty(fixture.Volume.GetVolumeStatus().Damage);
        Assert.Equal(VolumeFixture.Bytes(4096, 5), await fixture.ReadAsync(inode, 40_960, 4096));
    }

    [Fact]
    public async Task A_copy_that_cannot_be_read_gives_way_to_the_original_where_it_is_bad()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var inode = await CopiedAsync(fixture);
        var copy = fixture.Place(inode).Extents.First(extent => extent.Promoted);
        var bad = new ZoneAddress(new ZoneId(copy.Zone), copy.ZoneOffset + 8192);
        fixture.Tlc.FailsRead = block => block == bad;
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
        Assert.Contains(fixture.Log.Lines, line => line.Contains("clean copy", StringComparison.Ordinal));
        Assert.Empty(fixture.Volume.GetVolumeStatus().Damage);
    }

    /// <summary>A weights file on the slow tier with a whole clean copy on the fast one.</summary>
    internal static async Task<ulong> CopiedAsync(VolumeFixture fixture, string name = "m.gguf", int seed = 1)
    {
        var inode = await fixture.CreateFileAsync(name, VolumeFixture.Bytes(Length, seed));
        await fixture.SyncAsync();
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, "tlc"));
        await Eventually.HoldsAsync(() => fixture.Place(inode).PromotedBytes >= Length);
        await fixture.SyncAsync();
        return inode;
    }

    /// <summary>Says of blocks whether one holds a position of the file, where that lies now.</summary>
    internal static Func<ZoneAddress, bool> Block(VolumeFixture fixture, ulong inode, long fileOffset)
    {
        var extent = fixture.Place(inode).Extents.Single(
            extent => !extent.Promoted && extent.FileOffset <= fileOffset && fileOffset < extent.FileOffset + extent.Length);
        var block = new ZoneAddress(new ZoneId(extent.Zone), extent.ZoneOffset + (fileOffset - extent.FileOffset) / 4096 * 4096);
        return at => at == block;
    }
}
