using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>What was promised is there after the power went; what was not promised may be gone, but is never torn.</summary>
public sealed class VolumeDurabilityTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(3_000_001)]
    public async Task A_file_is_there_after_fsync_and_a_crash(int length)
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var content = VolumeFixture.Bytes(length, 1);
        var inode = await fixture.CreateFileAsync("f");
        await fixture.WriteAsync(inode, 0, content, sync: true);
        await fixture.CrashAsync();
        Assert.Equal(inode, fixture.Find("f"));
        Assert.Equal(content, await fixture.ReadAsync(inode));
        await fixture.AssertSoundAsync();
    }

    [Theory]
    [InlineData(5_000, false)]
    [InlineData(5_000, true)]
    [InlineData(70_000, false)]
    public async Task An_append_that_is_stored_in_part_leaves_a_beginning_of_it(int before, bool reopens)
    {
        var content = VolumeFixture.Bytes(3_000_000, 1);
        for (var stored = 0; stored < 6; stored++)
        {
            await using var fixture = await VolumeFixture.CreateAsync();
            var inode = await fixture.CreateFileAsync("f", content[..before]);
            await fixture.SyncAsync();
            if (reopens) await fixture.ReopenAsync();
            var left = stored;
            foreach (var device in new[] { fixture.Tlc, fixture.Qlc })
                device.FailsAppend = zone => zone.Index < 2 || Interlocked.Decrement(ref left) >= 0 ? Errno.Ok : Errno.EIO;
            await fixture.TryWriteAsync(inode, before, content[before..], sync: true);
            fixture.Tlc.Mend();
            fixture.Qlc.Mend();
            await fixture.Volume.State.Journal.CommitAsync(ulong.MaxValue);
            await fixture.CrashAsync();
            var found = await fixture.ReadAsync(inode);
            Assert.InRange(found.Length, before, content.Length);
            var right = found.AsSpan().CommonPrefixLength(content);
            Assert.True(right == found.Length, $"after {stored} appends: {found.Length} bytes, right up to {right}");
        }
    }

    [Fact]
    public async Task Attributes_are_there_after_a_crash()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(9000, 1));
        var changes = new FileStatusChanges { Mode = 0x9C0, UserId = 12, GroupId = 34, AccessTime = 1_000_000_007, ModifyTime = 2_000_000_011 };
        var before = (await fixture.Volume.SetStatusAsync(inode, changes)).Value;
        Assert.Equal(Errno.Ok, await fixture.Volume.SetXattrAsync(inode, VolumeFixture.Name("user.note"), VolumeFixture.Name("kept"), XattrSetMode.Create));
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        var after = fixture.Volume.GetStatus(inode).Value;
        Assert.Equal((before.Mode, 12u, 34u), (after.Mode, after.UserId, after.GroupId));
        Assert.Equal((1_000_000_007L, 2_000_000_011L, 9000ul), (after.AccessTime, after.ModifyTime, after.Size));
        var value = new byte[16];
        Assert.Equal(4, fixture.Volume.GetXattr(inode, VolumeFixture.Name("user.note").Span, value).Value);
        Assert.Equal(VolumeFixture.Name("kept").ToArray(), value.AsSpan(0, 4).ToArray());
    }

    [Fact]
    public async Task Names_of_every_sort_are_there_after_a_crash()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var directory = await fixture.MakeDirectoryAsync("d");
        var inner = await fixture.MakeDirectoryAsync("e", directory);
        var file = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(100, 1), inner);
        Assert.True((await fixture.Volume.LinkAsync(file, Volume.RootInode, VolumeFixture.Name("hard"))).IsOk);
        var link = (await fixture.Volume.SymlinkAsync(directory, VolumeFixture.Name("soft"), VolumeFixture.Name("e/f"), VolumeFixture.Root)).Value.Inode;
        await fixture.CreateFileAsync("gone");
        await fixture.UnlinkAsync("gone");
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        Assert.Equal(file, fixture.Find("f", fixture.Find("e", fixture.Find("d"))));
        Assert.Equal((file, 2u), (fixture.Find("hard"), fixture.Volume.GetStatus(file).Value.LinkCount));
        var target = new byte[10];
        Assert.Equal(3, fixture.Volume.ReadLink(fixture.Find("soft", directory), target).Value);
        Assert.Equal(VolumeFixture.Name("e/f").ToArray(), target.AsSpan(0, 3).ToArray());
        Assert.Equal(link, fixture.Find("soft", directory));
        Assert.Equal(0ul, fixture.Find("gone"));
        Assert.Equal((5ul, 3u), (fixture.Volume.GetSpace().Files, fixture.Volume.GetStatus(directory).Value.LinkCount));
    }

    [Fact]
    public async Task Holes_stay_holes_through_a_crash()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        await fixture.WriteAsync(inode, 10 << 20, VolumeFixture.Bytes(5000, 1));
        await fixture.WriteAsync(inode, 0, VolumeFixture.Bytes(20_000, 2));
        var handle = await fixture.OpenFileAsync(inode);
        Assert.Equal(Errno.Ok, await fixture.Volume.AllocateAsync(handle, AllocateMode.PunchHole, 4096, 8192));
        Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(handle, dataOnly: true));
        await fixture.CrashAsync();
        var expected = new byte[(10 << 20) + 5000];
        VolumeFixture.Bytes(20_000, 2).CopyTo(expected, 0);
        expected.AsSpan(4096, 8192).Clear();
        VolumeFixture.Bytes(5000, 1).CopyTo(expected, 10 << 20);
        Assert.Equal(expected, await fixture.ReadAsync(inode));
        Assert.Equal(8 * (3ul + 2), fixture.Volume.GetStatus(inode).Value.Blocks);
    }

    [Fact]
    public async Task A_file_that_was_unlinked_while_open_is_gone_after_a_crash_and_its_space_is_free()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        await fixture.SyncAsync();
        var free = fixture.Volume.GetSpace();
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(3 << 20, 1));
        await fixture.SyncAsync();
        await fixture.OpenFileAsync(inode, OpenFlags.Read);
        await fixture.UnlinkAsync("f");
        await fixture.SyncAsync();
        Assert.True(fixture.Volume.GetStatus(inode).IsOk);
        Assert.Equal(free.FreeBlocks - (3 << 8), fixture.Volume.GetSpace().FreeBlocks);
        await fixture.CrashAsync();
        Assert.Equal(Errno.ENOENT, fixture.Volume.GetStatus(inode).Error);
        Assert.Equal(free, fixture.Volume.GetSpace());
    }

    [Fact]
    public async Task Rename_over_a_file_shows_the_old_content_or_the_new_after_a_crash()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var shown = VolumeFixture.Bytes(50_000, 0);
        await fixture.WriteAsync(await fixture.CreateFileAsync("config"), 0, shown, sync: true);
        for (var round = 1; round <= 12; round++)
        {
            var content = VolumeFixture.Bytes(50_000 + round, round);
            await fixture.CreateFileAsync("config.new", content);
            Assert.Equal(Errno.Ok, await fixture.RenameAsync("config.new", "config"));
            if (round % 3 == 0) await fixture.SyncAsync();
            await fixture.CrashAsync();
            var found = await fixture.ReadAsync(fixture.Find("config"));
            var isOld = round % 3 != 0 && found.AsSpan().SequenceEqual(shown);
            Assert.True(isOld || found.AsSpan().SequenceEqual(content), $"round {round}: {found.Length} bytes");
            shown = found;
            if (fixture.Find("config.new") != 0) await fixture.UnlinkAsync("config.new");
        }
    }

    [Fact]
    public async Task What_was_not_synced_may_vanish_but_nothing_tears()
    {
        await using var fixture = await VolumeFixture.CreateAsync(
            new VolumeOptions { CommitInterval = TimeSpan.FromMilliseconds(100), DirtyBytesMax = 1 << 20 });
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 8; i++) await fixture.CreateFileAsync($"r{round}-{i}", VolumeFixture.Bytes(700_000, i));
            await fixture.CrashAsync();
            for (var i = 0; i < 8; i++)
            {
                if (fixture.Find($"r{round}-{i}") is not (> 0 and var inode)) continue;
                var found = await fixture.ReadAsync(inode);
                Assert.Equal(VolumeFixture.Bytes(700_000, i).AsSpan(0, found.Length).ToArray(), found);
            }
            await fixture.AssertSoundAsync();
        }
    }

    [Fact]
    public async Task Many_rounds_of_crashing_and_closing_lose_nothing()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        for (var round = 0; round < 30; round++)
        {
            await fixture.WriteAsync(await fixture.CreateFileAsync($"f{round}"), 0, VolumeFixture.Bytes(10_000 + round, round), sync: true);
            if (round % 3 == 0) await fixture.ReopenAsync();
            else await fixture.CrashAsync();
        }
        for (var round = 0; round < 30; round++) Assert.Equal(VolumeFixture.Bytes(10_000 + round, round), await fixture.ReadAsync(fixture.Find($"f{round}")));
        Assert.Equal(31ul, fixture.Volume.GetSpace().Files);
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task A_sync_waits_for_what_is_just_being_stored()
    {
        await using var fixture = await VolumeFixture.CreateAsync(new VolumeOptions { CommitInterval = TimeSpan.FromMilliseconds(100) });
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var inode = await fixture.CreateFileAsync("f.gguf");
        await fixture.SyncAsync();
        fixture.Qlc.AppendGate = gate.Task;
        fixture.Qlc.Awaited = () => waiting.TrySetResult();
        await fixture.WriteAsync(inode, 0, VolumeFixture.Bytes(100_000, 1));
        await waiting.Task;
        var sync = fixture.Volume.SyncAsync().AsTask();
        var isEarly = sync.IsCompleted;
        gate.SetResult();
        Assert.False(isEarly, "the sync did not wait for the file that a worker stores");
        Assert.Equal(Errno.Ok, await sync);
        fixture.Qlc.Mend();
        await fixture.CrashAsync();
        Assert.Equal(VolumeFixture.Bytes(100_000, 1), await fixture.ReadAsync(inode));
    }
}
