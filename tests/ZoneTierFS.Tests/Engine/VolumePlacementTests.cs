using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Linux;
using ZoneTierFS.Tests.Placement;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Which tier a file's bytes lie on, why, and what the mover makes of it.</summary>
public sealed class VolumePlacementTests
{
    private const int Length = 2_500_000;

    [Fact]
    public async Task A_model_goes_to_the_capacity_tier_in_one_piece()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("blob", Model(900_000, 1));
        await fixture.SyncAsync();
        var place = fixture.Place(inode);
        Assert.Equal((FileClass.Weights, "qlc", "file starts with the GGUF magic"), (place.Class, place.HomeTier, place.ClassReason));
        var extent = Assert.Single(place.Extents);
        Assert.Equal(("qlc", 0, false), (extent.Tier, extent.FileOffset, extent.Promoted));
        Assert.Equal(0, place.BytesByTier["tlc"]);
    }

    [Theory]
    [InlineData("nsgg")]
    [InlineData("qsgg")]
    public async Task A_saved_kv_cache_goes_to_the_fast_tier(string magic)
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        byte[] content = [.. VolumeFixture.Name(magic).Span, .. VolumeFixture.Bytes(500_000, 1)];
        var inode = await fixture.CreateFileAsync("session.bin", content);
        await fixture.SyncAsync();
        Assert.Equal((FileClass.Kv, 0L), (fixture.Place(inode).Class, fixture.Place(inode).BytesByTier["qlc"]));
    }

    [Fact]
    public async Task A_download_is_classified_again_when_it_gets_its_final_name()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var inode = await fixture.CreateFileAsync("model.onnx.partial", VolumeFixture.Bytes(Length, 1));
        await fixture.SyncAsync();
        Assert.Equal(FileClass.Scratch, fixture.Place(inode).Class);
        Assert.False(fixture.Place(inode).Sealed);
        Assert.Equal(Errno.Ok, await fixture.RenameAsync("model.onnx.partial", "model.onnx"));
        Assert.Equal((FileClass.Weights, true), (fixture.Place(inode).Class, fixture.Place(inode).Sealed));
        await Eventually.HoldsAsync(() => fixture.Place(inode).BytesByTier["tlc"] == 0, () => fixture.Place(inode).NextMove);
        Assert.Equal(VolumeFixture.Bytes(Length, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task What_the_beginning_said_is_not_forgotten_when_the_rest_is_written_over()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("t_42", [.. Heads.Numpy, .. VolumeFixture.Bytes(100_000, 1)]);
        await fixture.SyncAsync();
        var handle = await fixture.OpenFileAsync(inode);
        Assert.True((await fixture.Volume.WriteAsync(handle, 50_000, VolumeFixture.Bytes(1000, 2), false, false)).IsOk);
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(handle, false));
        Assert.Equal(FileClass.Scratch, fixture.Place(inode).Class);
    }

    [Fact]
    public async Task A_file_is_classified_again_at_its_last_close()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover with { CommitInterval = TimeSpan.FromMilliseconds(100) });
        var inode = await fixture.CreateFileAsync("download");
        var content = Model(Length, 1);
        var handle = await fixture.OpenFileAsync(inode);
        Assert.True((await fixture.Volume.WriteAsync(handle, 4096, content.AsMemory(4096, 1 << 20), false, false)).IsOk);
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(handle, false));
        Assert.Equal(FileClass.Other, fixture.Place(inode).Class);
        Assert.True((await fixture.Volume.WriteAsync(handle, 0, content.AsMemory(0, 4096), false, false)).IsOk);
        await fixture.Volume.ReleaseAsync(handle);
        Assert.Equal(FileClass.Weights, fixture.Place(inode).Class);
        await Eventually.HoldsAsync(
            () => fixture.Place(inode) is { DirtyBytes: 0 } place && place.BytesByTier["tlc"] == 0, () => fixture.Place(inode).NextMove);
        Assert.Equal(content[..((1 << 20) + 4096)], await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task A_class_set_by_hand_beats_every_rule_until_it_is_taken_back()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var inode = await fixture.CreateFileAsync("m.gguf", Model(Length, 1));
        await fixture.SyncAsync();
        Assert.Equal(Errno.Ok, await fixture.Volume.SetClassAsync(inode, FileClass.Kv));
        await Eventually.HoldsAsync(() => fixture.Place(inode).BytesByTier["qlc"] == 0, () => fixture.Place(inode).NextMove);
        Assert.Equal(Errno.Ok, await fixture.RenameAsync("m.gguf", "n.gguf"));
        await fixture.ReopenAsync();
        Assert.Equal(FileClass.Kv, fixture.Place(inode).Class);
        Assert.Equal(Errno.Ok, await fixture.Volume.SetClassAsync(inode, null));
        Assert.Equal(FileClass.Weights, fixture.Place(inode).Class);
        await Eventually.HoldsAsync(() => fixture.Place(inode).BytesByTier["tlc"] == 0, () => fixture.Place(inode).NextMove);
        Assert.Equal(Model(Length, 1), await fixture.ReadAsync(inode));
        Assert.Equal(Errno.EINVAL, await fixture.Volume.SetClassAsync(Volume.RootInode, FileClass.Kv));
    }

    [Fact]
    public async Task A_configured_glob_decides_before_the_content()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { ClassRules = [new ClassRule("scratch/**", FileClass.Scratch)] });
        var inode = await fixture.CreateFileAsync("m.gguf", Model(100_000, 1), await fixture.MakeDirectoryAsync("scratch"));
        await fixture.SyncAsync();
        Assert.Equal((FileClass.Scratch, 0L), (fixture.Place(inode).Class, fixture.Place(inode).BytesByTier["qlc"]));
    }

    [Fact]
    public async Task A_pin_to_the_fast_tier_copies_while_the_file_is_read_and_evict_drops_the_copy()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var content = Model(Length, 1);
        var inode = await fixture.CreateFileAsync("m.gguf", content);
        await fixture.SyncAsync();
        var handle = await fixture.OpenFileAsync(inode, OpenFlags.Read);
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, "tlc"));
        await Eventually.HoldsAsync(() =>
        {
            Assert.Equal(content, fixture.ReadAsync(inode).GetAwaiter().GetResult());
            return fixture.Place(inode).BytesByTier["qlc"] == 0;
        });
        var pinned = fixture.Place(inode);
        Assert.Equal("tlc", pinned.Pin);
        Assert.All(pinned.Extents, extent => Assert.Equal(extent.Promoted ? "tlc" : "qlc", extent.Tier));
        Assert.Equal(pinned.Extents.Where(extent => !extent.Promoted).Sum(extent => extent.Length), pinned.PromotedBytes);
        await fixture.Volume.ReleaseAsync(handle);
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, null));
        Assert.Equal(Errno.Ok, await fixture.Volume.EvictAsync(inode));
        Assert.Equal((null, 0L, 0L), (fixture.Place(inode).Pin, fixture.Place(inode).PromotedBytes, fixture.Place(inode).BytesByTier["tlc"]));
        Assert.Equal(content, await fixture.ReadAsync(inode));
        Assert.Equal(Errno.EINVAL, await fixture.Volume.SetPinAsync(inode, "plc"));
    }

    [Fact]
    public async Task A_pin_survives_reopening_and_is_then_fulfilled()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { MoveBytesPerSecond = 0 });
        var inode = await fixture.CreateFileAsync("m.gguf", Model(Length, 1));
        await fixture.SyncAsync();
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, "tlc"));
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        Assert.Equal(("tlc", 0L), (fixture.Place(inode).Pin, fixture.Place(inode).PromotedBytes));
        await fixture.ReopenAsync(VolumeFixture.EagerMover);
        await Eventually.HoldsAsync(() => fixture.Place(inode).BytesByTier["qlc"] == 0);
        await fixture.ReopenAsync(VolumeFixture.EagerMover);
        Assert.Equal(0, fixture.Place(inode).BytesByTier["qlc"]);
        Assert.Equal(Model(Length, 1), await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task Warming_promotes_once_and_overwriting_drops_the_copy()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var content = Model(Length, 1);
        var inode = await fixture.CreateFileAsync("m.gguf", content);
        await fixture.SyncAsync();
        Assert.Equal(Errno.Ok, fixture.Volume.Warm(inode));
        await Eventually.HoldsAsync(() => fixture.Place(inode).BytesByTier["qlc"] == 0);
        VolumeFixture.Bytes(100_000, 2).CopyTo(content, 40_960);
        await fixture.WriteAsync(inode, 40_960, VolumeFixture.Bytes(100_000, 2), sync: true);
        Assert.Equal(content, await fixture.ReadAsync(inode));
        Assert.InRange(fixture.Place(inode).PromotedBytes, 1, Length - 100_000 + 8192);
        await fixture.CrashAsync();
        Assert.Equal(content, await fixture.ReadAsync(inode));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Weights_are_sealed_at_the_last_close_and_opened_by_the_next_writer()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("m.gguf");
        var handle = await fixture.OpenFileAsync(inode);
        Assert.True((await fixture.Volume.WriteAsync(handle, 0, Model(100_000, 1), false, false)).IsOk);
        Assert.False(fixture.Place(inode).Sealed);
        await fixture.Volume.ReleaseAsync(handle);
        Assert.True(fixture.Place(inode).Sealed);
        await fixture.Volume.ReleaseAsync(await fixture.OpenFileAsync(inode, OpenFlags.Read));
        Assert.True(fixture.Place(inode).Sealed);
        handle = await fixture.OpenFileAsync(inode);
        Assert.False(fixture.Place(inode).Sealed);
        await fixture.Volume.ReleaseAsync(handle);
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        Assert.True(fixture.Place(inode).Sealed);
        var other = await fixture.CreateFileAsync("notes", VolumeFixture.Bytes(100, 1));
        Assert.False(fixture.Place(other).Sealed);
    }

    [Fact]
    public async Task Cold_bytes_of_a_nearly_full_fast_tier_go_down_and_kv_stays()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover, zones: 20, slowZones: 24);
        for (var i = 0; i < 6; i++) await fixture.CreateFileAsync($"cold{i}", VolumeFixture.Bytes(700_000, i));
        byte[] cache = [.. VolumeFixture.Name("nsgg").Span, .. VolumeFixture.Bytes(300_000, 9)];
        var kv = await fixture.CreateFileAsync("kv", cache);
        await fixture.SyncAsync();
        var churn = await fixture.CreateFileAsync("churn");
        for (var i = 0; i < 80 && fixture.Volume.GetVolumeStatus().DemotedBytes == 0; i++)
            await fixture.WriteAsync(churn, 0, VolumeFixture.Bytes(1_500_000, i), sync: true);
        Assert.True(fixture.Volume.GetVolumeStatus().DemotedBytes > 0);
        Assert.Equal(0, fixture.Place(kv).BytesByTier["qlc"]);
        for (var i = 0; i < 6; i++) Assert.Equal(VolumeFixture.Bytes(700_000, i), await fixture.ReadAsync(fixture.Find($"cold{i}")));
        Assert.Equal(cache, await fixture.ReadAsync(kv));
    }

    [Fact]
    public async Task Cleaning_does_not_copy_pinned_copies_without_end()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover with { CleanBelowFreeFraction = 0.9 });
        var content = Model(6 << 20, 1);
        var inode = await fixture.CreateFileAsync("m.gguf", content);
        await fixture.SyncAsync();
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, "tlc"));
        await Eventually.HoldsAsync(() => fixture.Place(inode).BytesByTier["qlc"] == 0, () => fixture.Place(inode).NextMove);
        var other = await fixture.CreateFileAsync("other");
        for (var round = 0; round < 40; round++) await fixture.WriteAsync(other, 0, VolumeFixture.Bytes(500_000, round), sync: true);
        Assert.InRange(fixture.Volume.GetVolumeStatus().CleanedBytes, 0, 64 << 20);
        Assert.Equal(0, fixture.Place(inode).BytesByTier["qlc"]);
        Assert.Equal(content, await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task What_was_warmed_and_dropped_to_make_room_is_not_warmed_again()
    {
        // Zones are never free enough, so that every copy is dropped as soon as its zone is full.
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover with { CleanBelowFreeFraction = 0.99 });
        var first = await fixture.CreateFileAsync("a.gguf", VolumeFixture.Bytes(3 << 20, 1));
        var second = await fixture.CreateFileAsync("b.gguf", VolumeFixture.Bytes(3 << 20, 2));
        await fixture.SyncAsync();
        foreach (var inode in new[] { first, second, first })
        {
            var before = Moves(inode);
            Assert.Equal(Errno.Ok, fixture.Volume.Warm(inode));
            await Eventually.HoldsAsync(() => Moves(inode) > before);
            await Eventually.HoldsAsync(() => fixture.Place(inode).PromotedBytes < 2 << 20);
        }
        Assert.Equal((2, 1), (Moves(first), Moves(second)));

        int Moves(ulong inode) => fixture.Log.Lines.Count(line => line.Contains($"Inode {inode} moved", StringComparison.Ordinal)
            && line.Contains("asked to be warm", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Copies_of_pinned_files_never_take_the_room_of_what_was_accepted()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover, zones: 24, slowZones: 24);
        var content = Model(6 << 20, 1);
        var inode = await fixture.CreateFileAsync("m.gguf", content);
        await fixture.SyncAsync();
        Assert.Equal(Errno.Ok, await fixture.Volume.SetPinAsync(inode, "tlc"));
        await Eventually.HoldsAsync(() => fixture.Place(inode).BytesByTier["qlc"] == 0, () => fixture.Place(inode).NextMove);
        var files = await fixture.FillAsync();
        await fixture.SyncAsync();
        for (var i = 0; i < files; i++) Assert.Equal(VolumeFixture.Bytes(1 << 20, i), await fixture.ReadAsync(fixture.Find($"f{i}")));
        Assert.Equal(content, await fixture.ReadAsync(inode));
    }

    private static byte[] Model(int length, int seed)
    {
        var bytes = VolumeFixture.Bytes(length, seed);
        Heads.GgufModel.CopyTo(bytes, 0);
        return bytes;
    }
}
