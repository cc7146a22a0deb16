using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using Mode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Volumes that are filled to the last block: what is refused, what still works, and that nothing is lost on the way.</summary>
public sealed class FullVolumeTests
{
    private const int Block = 4096;

    /// <summary>Blocks that a write asks for beside its own.</summary>
    private const int Edges = 3;

    [Fact]
    public async Task One_file_that_is_filled_to_the_last_block_ten_times_leaves_the_volume_as_it_was()
    {
        await using var fixture = await SmallAsync();
        await fixture.SyncAsync();
        var (space, status) = (fixture.Volume.GetSpace(), fixture.Volume.GetVolumeStatus());
        long first = 0;
        for (var round = 0; round < 10; round++)
        {
            var inode = await fixture.CreateFileAsync("big");
            var blocks = await FillToTheLastBlockAsync(fixture, inode);
            if (round == 0) first = blocks;
            Assert.Equal(first, blocks);
            Assert.Equal((ulong)blocks, space.FreeBlocks - fixture.Volume.GetSpace().FreeBlocks);
            Assert.Equal(Errno.Ok, await fixture.FsyncAsync(inode));
            for (long block = 0; block < blocks; block += 97) Assert.Equal(Content(block), await fixture.ReadAsync(inode, block * Block, Block));
            Assert.Equal(Errno.Ok, await fixture.RenameAsync("big", "renamed"));
            Assert.True((await fixture.Volume.SetStatusAsync(inode, new FileStatusChanges { Size = (ulong)blocks / 2 * Block })).IsOk);
            await fixture.UnlinkAsync("renamed");
            await fixture.SyncAsync();
            await Eventually.HoldsAsync(() => fixture.Volume.GetSpace() == space, () => $"{fixture.Volume.GetSpace()} instead of {space}");
        }
        await Eventually.HoldsAsync(() => IsAsItWas(status, fixture.Volume.GetVolumeStatus()), () => Describe(fixture.Volume.GetVolumeStatus()));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Small_files_fill_the_volume_as_well_and_statfs_counts_each()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover, zones: 48, slowZones: 24);
        var space = fixture.Volume.GetSpace();
        var files = 0;
        for (; ; files++)
        {
            Assert.InRange(files, 0, 100_000);
            var made = await fixture.Volume.CreateAsync(Volume.RootInode, VolumeFixture.Name($"s{files}"), Mode.S_IFREG | 0x1A4, 0, VolumeFixture.Root);
            if (made.Error == Errno.ENOSPC) break;
            Assert.Equal(Errno.Ok, made.Error);
            var error = await fixture.TryWriteAsync(made.Value.Inode, 0, Content(files));
            if (error == Errno.Ok) continue;
            Assert.Equal(Errno.ENOSPC, error);
            await fixture.UnlinkAsync($"s{files}");
            break;
        }
        var now = fixture.Volume.GetSpace();
        Assert.Equal((ulong)files, space.FreeBlocks - now.FreeBlocks - (space.TotalBlocks - now.TotalBlocks));
        // Names and inodes take room of their own.
        Assert.InRange(files, (int)(space.TotalBlocks * 0.85), (int)space.TotalBlocks);
        await fixture.SyncAsync();
        for (var i = 0; i < files; i += 41) Assert.Equal(Content(i), await fixture.ReadAsync(fixture.Find($"s{i}")));
        for (var i = 0; i < files; i++) await fixture.UnlinkAsync($"s{i}");
        await fixture.SyncAsync();
        await Eventually.HoldsAsync(() => fixture.Volume.GetSpace().FreeBlocks == fixture.Volume.GetSpace().TotalBlocks);
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task What_is_refused_anyway_is_refused_as_that_and_not_for_want_of_space()
    {
        await using var fixture = await SmallAsync();
        var sealedFile = await fixture.CreateFileAsync("sealed", VolumeFixture.Bytes(2 * Block, 1));
        var handle = (await fixture.Volume.OpenFileAsync(sealedFile, OpenFlags.Read | OpenFlags.Write)).Value;
        Assert.Equal(Errno.Ok, await fixture.Volume.SetFlagsAsync(sealedFile, FileFlags.Immutable));
        var full = await fixture.CreateFileAsync("full");
        var blocks = await FillToTheLastBlockAsync(fixture, full);
        for (; fixture.Volume.GetSpace().FreeBlocks >= Edges; blocks++) Assert.Equal(Errno.Ok, await fixture.TryWriteAsync(full, blocks * Block, new byte[1]));
        Assert.Equal(Errno.EPERM, (await fixture.Volume.WriteAsync(handle, 0, new byte[100], append: false, killSetId: false)).Error);
        Assert.Equal(Errno.EPERM, (await fixture.Volume.SetStatusAsync(sealedFile, new FileStatusChanges { Size = 100_000 })).Error);
        foreach (var mode in Enum.GetValues<AllocateMode>())
            Assert.Equal(Errno.EPERM, await fixture.Volume.AllocateAsync(handle, mode, 0, 100));
        await fixture.Volume.ReleaseAsync(handle);
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task An_overwrite_needs_room_for_its_blocks_and_three_more_before_it_frees_the_old_ones()
    {
        await using var fixture = await SmallAsync();
        var inode = await fixture.CreateFileAsync("f");
        var spare = await fixture.CreateFileAsync("spare", VolumeFixture.Bytes((1 + Edges) * Block, 1));
        var blocks = await FillToTheLastBlockAsync(fixture, inode);
        await fixture.SyncAsync();
        Assert.InRange(fixture.Volume.GetSpace().FreeBlocks, 0ul, (ulong)Edges);
        Assert.Equal(Errno.ENOSPC, await fixture.TryWriteAsync(inode, 0, Content(-1), sync: true));
        Assert.Equal(Content(0), await fixture.ReadAsync(inode, 0, Block));
        Assert.True((await fixture.Volume.SetStatusAsync(spare, new FileStatusChanges { Size = 0 })).IsOk);
        var free = fixture.Volume.GetSpace().FreeBlocks;
        for (long block = 0; block < blocks; block += 7) await fixture.WriteAsync(inode, block * Block, Content(-1 - block));
        await fixture.SyncAsync();
        for (long block = 0; block < blocks; block++)
            Assert.Equal(Content(block % 7 == 0 ? -1 - block : block), await fixture.ReadAsync(inode, block * Block, Block));
        Assert.Equal(free, fixture.Volume.GetSpace().FreeBlocks);
        await fixture.AssertSoundAsync();
    }

    [Theory]
    [InlineData("tlc")]
    [InlineData("qlc")]
    public async Task A_tier_that_refuses_every_append_is_left_for_the_other(string refusing)
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        if (refusing == "tlc") await fixture.FailDataAsync(Errno.EIO);
        fixture.Qlc.FailsAppend = zone => refusing == "tlc" || zone.Index < 2 ? Errno.Ok : Errno.EIO;
        string[] names = ["notes", "m.gguf"];
        foreach (var name in names) await fixture.WriteAsync(await fixture.CreateFileAsync(name), 0, VolumeFixture.Bytes(300_000, name.Length), sync: true);
        foreach (var name in names)
        {
            Assert.Equal(0, fixture.Place(fixture.Find(name)).BytesByTier[refusing]);
            Assert.Equal(VolumeFixture.Bytes(300_000, name.Length), await fixture.ReadAsync(fixture.Find(name)));
        }
    }

    [Fact]
    public async Task Nothing_is_cleaned_while_there_are_zones_beyond_the_reserve()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover, zones: 48, slowZones: 14);
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(8 << 20, 1));
        await fixture.SyncAsync();
        for (var i = 0; i < 60; i++) await fixture.WriteAsync(inode, i * 13 % 80 * 100_000L, VolumeFixture.Bytes(60_000, i), sync: true);
        Assert.Equal(0, fixture.Volume.GetVolumeStatus().Written.Cleaning);
        Assert.Equal(0, fixture.Volume.GetVolumeStatus().Written.Moving);
    }

    [Fact]
    public async Task A_checkpoint_under_way_takes_no_space_from_users()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        await NoteAsync(fixture, 1);
        await fixture.Volume.State.Checkpointer.RunAsync();
        await NoteAsync(fixture, 2); // every page is written anew
        var space = fixture.Volume.GetSpace();
        var seen = new List<ulong>();
        fixture.Tlc.FailsAppend = _ =>
        {
            seen.Add(fixture.Volume.GetSpace().TotalBlocks);
            return Errno.Ok;
        };
        Assert.Equal(Errno.Ok, await fixture.Volume.State.Checkpointer.RunAsync());
        Assert.NotEmpty(seen);
        Assert.All(seen, total => Assert.Equal(space.TotalBlocks, total));
        Assert.Equal(space.TotalBlocks, fixture.Volume.GetSpace().TotalBlocks);

        static async Task NoteAsync(VolumeFixture fixture, int seed)
        {
            // More than half of a metadata zone, so that old and new pages together are more than one.
            for (var i = 0; i < 44; i++)
            {
                var inode = seed == 1 ? await fixture.CreateFileAsync($"f{i}") : fixture.Find($"f{i}");
                Assert.Equal(Errno.Ok, await fixture.Volume.SetXattrAsync(
                    inode, VolumeFixture.Name("user.note"), VolumeFixture.Bytes(16_000, seed * 100 + i), XattrSetMode.CreateOrReplace));
            }
        }
    }

    [Fact]
    public async Task What_deleted_names_took_is_there_for_the_next_file_at_once()
    {
        await using var fixture = await SmallAsync();
        var blocks = await FillToTheLastBlockAsync(fixture, await fixture.CreateFileAsync("first"));
        await fixture.UnlinkAsync("first");
        await fixture.SyncAsync();
        var total = fixture.Volume.GetSpace().TotalBlocks;
        for (var i = 0; i < 80; i++)
        {
            Assert.Equal(Errno.Ok, await fixture.Volume.SetXattrAsync(await fixture.CreateFileAsync($"f{i}"), VolumeFixture.Name("user.note"),
                VolumeFixture.Bytes(16_000, i), XattrSetMode.CreateOrReplace));
        }
        Assert.Equal(Errno.Ok, await fixture.Volume.State.Checkpointer.RunAsync());
        Assert.True(fixture.Volume.GetSpace().TotalBlocks < total);
        for (var i = 0; i < 80; i++) await fixture.UnlinkAsync($"f{i}");
        var second = await fixture.CreateFileAsync("second");
        for (long block = 0; block < blocks; block++) await fixture.WriteAsync(second, block * Block, Content(block));
        Assert.Equal(total, fixture.Volume.GetSpace().TotalBlocks);
        await fixture.AssertSoundAsync();
    }

    private static Task<VolumeFixture> SmallAsync() => VolumeFixture.CreateAsync(VolumeFixture.EagerMover, zones: 20, slowZones: 16);

    private static byte[] Content(long block)
    {
        var bytes = new byte[Block];
        bytes.AsSpan().Fill((byte)(block * 31));
        BitConverter.TryWriteBytes(bytes, block);
        return bytes;
    }

    /// <summary>Each block with its number in it, one after the other, until the volume has none left; each one taken is off what statfs says.</summary>
    private static async Task<long> FillToTheLastBlockAsync(VolumeFixture fixture, ulong inode)
    {
        var total = fixture.Volume.GetSpace().TotalBlocks;
        var handle = await fixture.OpenFileAsync(inode);
        for (long block = 0; ; block++)
        {
            Assert.InRange(block, 0, 100_000);
            var before = fixture.Volume.GetSpace();
            var written = await fixture.Volume.WriteAsync(handle, block * Block, Content(block), false, false);
            var after = fixture.Volume.GetSpace();
            Assert.Equal(total, after.TotalBlocks);
            if (written.IsOk)
            {
                Assert.Equal(before.FreeBlocks - 1, after.FreeBlocks);
                continue;
            }
            Assert.Equal(Errno.ENOSPC, written.Error);
            Assert.InRange(after.FreeBlocks, 0ul, (ulong)Edges);
            await fixture.Volume.ReleaseAsync(handle);
            return block;
        }
    }

    /// <summary>But for a zone more or less of metadata, and zones that streams hold open.</summary>
    private static bool IsAsItWas(VolumeStatus before, VolumeStatus now) => now.DirtyBytes == 0
        && before.Tiers.Zip(now.Tiers).All(tier => tier.Second.LiveBytes - tier.First.LiveBytes is >= -(1 << 20) and <= 1 << 20
            && tier.Second.FreeZones + tier.Second.OpenZones >= tier.First.FreeZones + tier.First.OpenZones - 2);

    private static string Describe(VolumeStatus status) => string.Join("; ", status.Tiers) + $", dirty {status.DirtyBytes}";
}
