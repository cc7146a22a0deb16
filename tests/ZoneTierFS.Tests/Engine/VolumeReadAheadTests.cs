using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Reading ahead changes when bytes are read from the devices, and never which bytes a program sees.</summary>
public sealed class VolumeReadAheadTests
{
    private const int Piece = 256 << 10;
    private const int Length = 9 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly VolumeOptions Reading = new() { ReadAheadBytesMax = 8 << 20 };

    [Fact]
    public async Task A_program_that_reads_piece_by_piece_finds_the_next_ones_read()
    {
        await using var fixture = await CreateAsync();
        var content = VolumeFixture.Bytes(Length, 1);
        var inode = await StoreAsync(fixture, "f", content);
        var last = fixture.Place(inode).Extents.Single(extent => extent.FileOffset <= 2 << 20 && extent.FileOffset + extent.Length > 2 << 20);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Watch(fixture, zone => { if (zone == last.Zone) reached.TrySetResult(); });
        var handle = await fixture.OpenFileAsync(inode, OpenFlags.Read);
        await ExpectAsync(fixture, handle, content, 0, 4 * Piece); // 1 MiB: not near the zone that is waited for
        await reached.Task.WaitAsync(Patience);
        await ExpectAsync(fixture, handle, content, 4 * Piece, Length);
        await fixture.Volume.ReleaseAsync(handle);
    }

    [Fact]
    public async Task A_program_that_jumps_about_is_not_read_ahead_of()
    {
        await using var fixture = await CreateAsync();
        var content = VolumeFixture.Bytes(Length, 1);
        var inode = await StoreAsync(fixture, "f", content);
        var blocksRead = 0;
        Watch(fixture, _ => Interlocked.Increment(ref blocksRead));
        var handle = await fixture.OpenFileAsync(inode, OpenFlags.Read);
        for (var i = 0; i < 30; i++) await ExpectAsync(fixture, handle, content, i * 7 % 30 * Piece, i * 7 % 30 * Piece + 4096);
        await fixture.Volume.ReleaseAsync(handle);
        await fixture.CloseAsync(); // ends all reading
        Assert.Equal(30, blocksRead);
    }

    [Fact]
    public async Task Bytes_written_after_they_were_read_ahead_are_seen()
    {
        await using var fixture = await CreateAsync();
        var content = VolumeFixture.Bytes(Length, 1);
        var inode = await StoreAsync(fixture, "f", content);
        var handle = await fixture.OpenFileAsync(inode);
        for (var at = 0; at < Length; at += Piece)
        {
            await ExpectAsync(fixture, handle, content, at, at + Piece);
            // One MiB ahead, where the window is; every other time it is stored before it is read.
            var ahead = Math.Min(at + (1 << 20), Length - 5000);
            var news = VolumeFixture.Bytes(5000, at);
            news.CopyTo(content, ahead);
            Assert.Equal(5000, (await fixture.Volume.WriteAsync(handle, ahead, news, append: false, killSetId: false)).Value);
            if (at / Piece % 2 == 0) Assert.Equal(Errno.Ok, await fixture.Volume.FsyncAsync(handle, dataOnly: false));
        }
        await fixture.Volume.ReleaseAsync(handle);
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task A_zone_that_is_used_again_does_not_answer_with_what_was_in_it()
    {
        await using var fixture = await CreateAsync();
        for (var round = 0; round < 12; round++)
        {
            // The volume holds few of these at a time, so zones come back all the time; each reader stops with pieces read ahead of it.
            var content = VolumeFixture.Bytes(Length, round);
            var inode = await StoreAsync(fixture, "f", content);
            var handle = await fixture.OpenFileAsync(inode, OpenFlags.Read);
            await ExpectAsync(fixture, handle, content, 0, 12 * Piece);
            await fixture.Volume.ReleaseAsync(handle);
            Assert.Equal(content, await fixture.ReadAsync(inode));
            await fixture.UnlinkAsync("f");
        }
    }

    [Fact]
    public async Task Damage_in_what_is_read_ahead_is_told_only_to_who_reads_it()
    {
        await using var fixture = await CreateAsync();
        var content = VolumeFixture.Bytes(Length, 1);
        var inode = await StoreAsync(fixture, "f", content);
        var bad = fixture.Place(inode).Extents.Single(extent => extent.FileOffset <= 6 << 20 && extent.FileOffset + extent.Length > 6 << 20);
        foreach (var device in new[] { fixture.Tlc, fixture.Qlc })
            device.Rots = at => at.Zone.Index == bad.Zone && device == (bad.Tier == "tlc" ? fixture.Tlc : fixture.Qlc);
        var handle = await fixture.OpenFileAsync(inode, OpenFlags.Read);
        await ExpectAsync(fixture, handle, content, 0, (int)bad.FileOffset);
        var read = await fixture.Volume.ReadAsync(handle, bad.FileOffset, new byte[4096]);
        Assert.Equal(Errno.EIO, read.Error);
        await fixture.Volume.ReleaseAsync(handle);
    }

    [Fact]
    public async Task Many_readers_share_the_memory()
    {
        await using var fixture = await CreateAsync();
        var content = VolumeFixture.Bytes(Length, 1);
        var inode = await StoreAsync(fixture, "f", content);
        // Plain threads: readers wait for pieces that others fill.
        var readers = Enumerable.Range(0, 6).Select(reader => Task.Factory.StartNew(
            async () =>
            {
                var handle = await fixture.OpenFileAsync(inode, OpenFlags.Read);
                for (var round = 0; round < 3; round++) await ExpectAsync(fixture, handle, content, reader * Piece, Length - reader * 1000);
                await fixture.Volume.ReleaseAsync(handle);
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap());
        await Task.WhenAll(readers);
    }

    private static Task<VolumeFixture> CreateAsync() => VolumeFixture.CreateAsync(Reading);

    private static async Task<ulong> StoreAsync(VolumeFixture fixture, string name, byte[] content)
    {
        var inode = await fixture.CreateFileAsync(name);
        await fixture.WriteAsync(inode, 0, content, sync: true);
        return inode;
    }

    /// <summary>Calls back with the zone of every read; both devices have the same numbers.</summary>
    private static void Watch(VolumeFixture fixture, Action<int> read)
    {
        foreach (var device in new[] { fixture.Tlc, fixture.Qlc })
        {
            device.FailsRead = from =>
            {
                read(from.Zone.Index);
                return false;
            };
        }
    }

    private static async Task ExpectAsync(VolumeFixture fixture, ulong handle, byte[] content, int from, int end)
    {
        using var memory = new AlignedMemory(Piece);
        for (var at = from; at < end; at += Piece)
        {
            var length = Math.Min(Piece, end - at);
            var read = await fixture.Volume.ReadAsync(handle, at, memory.Memory[..length]);
            Assert.Equal(length, read.Value);
            Assert.True(content.AsSpan(at, length).SequenceEqual(memory.GetSpan()[..length]), $"bytes from {at} on");
        }
    }
}
