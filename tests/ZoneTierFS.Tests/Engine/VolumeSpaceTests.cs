using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>What is free is free: room that a file gives back can be filled again, and ENOSPC means that live data fills the volume.</summary>
public sealed class VolumeSpaceTests
{
    [Fact]
    public async Task A_volume_that_is_filled_and_emptied_ten_times_ends_as_it_began()
    {
        await using var fixture = await SmallAsync();
        await fixture.SyncAsync();
        var before = fixture.Volume.GetSpace();
        var first = 0;
        for (var round = 0; round < 10; round++)
        {
            var files = await fixture.FillAsync();
            await fixture.SyncAsync();
            if (round == 0) first = files;
            Assert.InRange(files, first - 1, first + 1);
            for (var i = 0; i < files; i++) await fixture.UnlinkAsync($"f{i}");
            await fixture.SyncAsync();
            // A worker or the mover may hold a deleted file for a moment longer; then all of it is free.
            await Eventually.HoldsAsync(() => fixture.Volume.GetSpace() == before, () => $"{fixture.Volume.GetSpace()} instead of {before}");
        }
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Statfs_counts_every_block_and_file()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var before = fixture.Volume.GetSpace();
        await fixture.CreateFileAsync("f", VolumeFixture.Bytes(1 << 20, 1));
        await fixture.CreateFileAsync("g", VolumeFixture.Bytes(5000, 1));
        var dirty = fixture.Volume.GetSpace();
        await fixture.SyncAsync();
        var stored = fixture.Volume.GetSpace();
        Assert.Equal(before.Files + 2, stored.Files);
        Assert.Equal(before.FreeBlocks - 258, dirty.FreeBlocks);
        Assert.Equal(before.FreeBlocks - 258, stored.FreeBlocks);
        Assert.Equal(before.TotalBlocks, stored.TotalBlocks);
        await fixture.ReopenAsync();
        Assert.Equal(stored, fixture.Volume.GetSpace());
    }

    [Fact]
    public async Task What_was_accepted_before_the_volume_was_full_is_stored_and_correct()
    {
        await using var fixture = await SmallAsync();
        var files = await fixture.FillAsync();
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        for (var i = 0; i < files; i++) Assert.Equal(VolumeFixture.Bytes(1 << 20, i), await fixture.ReadAsync(fixture.Find($"f{i}")));
    }

    [Fact]
    public async Task Overwriting_on_a_full_volume_works_or_leaves_the_file_as_it_was()
    {
        await using var fixture = await SmallAsync();
        var files = await fixture.FillAsync();
        for (var i = 0; i < files; i++)
        {
            var inode = fixture.Find($"f{i}");
            var error = await fixture.TryWriteAsync(inode, 0, VolumeFixture.Bytes(1 << 20, 1000 + i), sync: true);
            Assert.True(error is Errno.Ok or Errno.ENOSPC, $"{error}");
            Assert.Equal(VolumeFixture.Bytes(1 << 20, error == Errno.Ok ? 1000 + i : i), await fixture.ReadAsync(inode));
        }
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Names_can_be_removed_and_files_cut_on_a_full_volume()
    {
        await using var fixture = await SmallAsync();
        await fixture.FillAsync();
        Assert.Equal(Errno.Ok, await fixture.RenameAsync("f1", "renamed"));
        Assert.True((await fixture.Volume.SetStatusAsync(fixture.Find("f2"), new FileStatusChanges { Size = 0 })).IsOk);
        await fixture.UnlinkAsync("f0");
        await fixture.SyncAsync();
        await fixture.WriteAsync(await fixture.CreateFileAsync("again"), 0, VolumeFixture.Bytes(1 << 20, 99), sync: true);
        Assert.Equal(VolumeFixture.Bytes(1 << 20, 1), await fixture.ReadAsync(fixture.Find("renamed")));
        Assert.Equal(VolumeFixture.Bytes(1 << 20, 99), await fixture.ReadAsync(fixture.Find("again")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public async Task Cleaning_keeps_every_byte_whatever_the_limit_of_active_zones(int maxActive)
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover, maxActive, zones: 24, slowZones: 20);
        string[] names = ["a.gguf", "b", "c.ckpt", "d.kvcache.safetensors", "e.tmp", "f", "g.parquet"];
        var seeds = new int[names.Length];
        foreach (var name in names) await fixture.CreateFileAsync(name);
        var random = new Random(3);
        for (var step = 1; step <= 70; step++)
        {
            var file = random.Next(names.Length);
            seeds[file] = step;
            await fixture.WriteAsync(fixture.Find(names[file]), 0, VolumeFixture.Bytes(900_000, step), sync: step % 5 == 0);
            if (step % 30 == 0) await fixture.ReopenAsync();
        }
        for (var file = 0; file < names.Length; file++)
            Assert.Equal(seeds[file] == 0 ? [] : VolumeFixture.Bytes(900_000, seeds[file]), await fixture.ReadAsync(fixture.Find(names[file])));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Fallocate_beyond_what_is_free_says_ENOSPC()
    {
        await using var fixture = await SmallAsync();
        var handle = await fixture.OpenFileAsync(await fixture.CreateFileAsync("f"));
        Assert.Equal(Errno.ENOSPC, await fixture.Volume.AllocateAsync(handle, AllocateMode.Extend, 0, 1L << 30));
        Assert.Equal(Errno.Ok, await fixture.Volume.AllocateAsync(handle, AllocateMode.Extend, 0, 1 << 20));
        Assert.Equal(1ul << 20, fixture.Volume.GetStatus(fixture.Find("f")).Value.Size);
        await fixture.Volume.ReleaseAsync(handle);
    }

    private static Task<VolumeFixture> SmallAsync() => VolumeFixture.CreateAsync(VolumeFixture.EagerMover, zones: 20, slowZones: 18);
}
