using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Copies within the volume show the same bytes, keep holes, and never spread damage.</summary>
public sealed class VolumeCopyTests
{
    [Theory]
    [InlineData(0, 0, 3_000_000)]
    [InlineData(1, 4097, 1_500_000)]
    [InlineData(5000, 10, 3)]
    [InlineData(4096, 8192, 2_900_000)]
    [InlineData(2_990_000, 777, 50_000)]
    public async Task A_range_is_copied_up_to_the_end_of_the_source(int from, int to, int length)
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var (content, expected) = (VolumeFixture.Bytes(3_000_000, 1), VolumeFixture.Bytes(100_000, 2));
        var source = await fixture.CreateFileAsync("from", content);
        var target = await fixture.CreateFileAsync("to", expected);
        await fixture.SyncAsync();
        await fixture.WriteAsync(source, 100_000, content.AsSpan(100_000, 50_000).ToArray()); // some of it not yet stored
        Assert.Equal(Math.Min(length, content.Length - from), await CopyAllAsync(fixture, source, from, target, to, length));
        var part = content.AsSpan(from, Math.Min(length, content.Length - from));
        Array.Resize(ref expected, Math.Max(expected.Length, to + part.Length));
        part.CopyTo(expected.AsSpan(to));
        Assert.Equal(expected, await fixture.ReadAsync(target));
        await fixture.SyncAsync();
        await fixture.CrashAsync();
        Assert.Equal(expected, await fixture.ReadAsync(target));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task A_hole_stays_a_hole_and_replaces_what_was_there()
    {
        const int MiB = 1 << 20;
        await using var fixture = await VolumeFixture.CreateAsync();
        var source = await fixture.CreateFileAsync("from", VolumeFixture.Bytes(5000, 1));
        await fixture.WriteAsync(source, 4 * MiB + 10, VolumeFixture.Bytes(5000, 2));
        Assert.True((await fixture.Volume.SetStatusAsync(source, new FileStatusChanges { Size = 9 * MiB })).IsOk);
        var target = await fixture.CreateFileAsync("to", VolumeFixture.Bytes(6 * MiB, 3), mode: 0x1A4);
        await fixture.SyncAsync();
        Assert.Equal(9 * MiB, await CopyAllAsync(fixture, source, 0, target, 0, 20 * MiB));
        await fixture.SyncAsync();
        Assert.Equal(await fixture.ReadAsync(source), await fixture.ReadAsync(target));
        Assert.Equal(fixture.Volume.GetStatus(source).Value.Blocks, fixture.Volume.GetStatus(target).Value.Blocks);
    }

    [Fact]
    public async Task One_call_copies_a_bounded_piece()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var source = await fixture.CreateFileAsync("from");
        Assert.True((await fixture.Volume.SetStatusAsync(source, new FileStatusChanges { Size = 1ul << 40 })).IsOk);
        var target = await fixture.CreateFileAsync("to");
        Assert.Equal(16 << 20, (await CopyAsync(fixture, source, 0, target, 0, 1L << 40)).Value);
        Assert.Equal(16ul << 20, fixture.Volume.GetStatus(target).Value.Size);
    }

    [Fact]
    public async Task Within_one_file_ranges_must_not_overlap()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var content = VolumeFixture.Bytes(100_000, 1);
        var inode = await fixture.CreateFileAsync("f", content);
        Assert.Equal(Errno.EINVAL, (await CopyAsync(fixture, inode, 0, inode, 9_999, 10_000)).Error);
        Assert.Equal(Errno.EINVAL, (await CopyAsync(fixture, inode, 9_999, inode, 0, 10_000)).Error);
        Assert.Equal(10_000, (await CopyAsync(fixture, inode, 0, inode, 10_000, 10_000)).Value);
        content.AsSpan(0, 10_000).CopyTo(content.AsSpan(10_000));
        Assert.Equal(content, await fixture.ReadAsync(inode));
    }

    [Fact]
    public async Task What_a_copy_appends_to_its_own_source_is_not_copied_on()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var content = VolumeFixture.Bytes(100_000, 1);
        var inode = await fixture.CreateFileAsync("f", content);
        Assert.Equal(100_000, (await CopyAsync(fixture, inode, 0, inode, 5_000_000, 4_900_000)).Value);
        Assert.Equal(90_000, (await CopyAsync(fixture, inode, 5_010_000, inode, 5_100_000, 90_000)).Value);
        Assert.Equal(5_190_000ul, fixture.Volume.GetStatus(inode).Value.Size);
        Assert.Equal(content[10_000..], await fixture.ReadAsync(inode, 5_100_000, 90_000));
    }

    [Fact]
    public async Task What_cannot_be_copied_is_refused()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var source = await fixture.CreateFileAsync("from", VolumeFixture.Bytes(10_000, 1));
        var target = await fixture.CreateFileAsync("to");
        Assert.Equal(Errno.EFBIG, (await CopyAsync(fixture, source, 0, target, (long)Volume.FileBytesMax - 10, 11)).Error);
        Assert.Equal(Errno.EFBIG, (await CopyAsync(fixture, source, 0, target, long.MaxValue - 10, 11)).Error);
        Assert.Equal(Errno.EINVAL, (await CopyAsync(fixture, source, -1, target, 0, 11)).Error);
        Assert.Equal(0, (await CopyAsync(fixture, source, 10_000, target, 0, 11)).Value);
        Assert.Equal(0, (await CopyAsync(fixture, source, 0, target, 0, 0)).Value);
        Assert.Equal(0ul, fixture.Volume.GetStatus(target).Value.Size);
        var readOnly = await fixture.OpenFileAsync(target, OpenFlags.Read);
        Assert.Equal(Errno.EBADF, (await fixture.Volume.CopyRangeAsync(readOnly, 0, readOnly, 0, 10, false)).Error);
        Assert.Equal(Errno.EBADF, (await fixture.Volume.CopyRangeAsync(4711, 0, readOnly, 0, 10, false)).Error);
        await fixture.Volume.ReleaseAsync(readOnly);
    }

    [Fact]
    public async Task Rotten_bytes_are_not_copied_and_what_came_before_is_told()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var content = VolumeFixture.Bytes(2 << 20, 1);
        var source = await fixture.CreateFileAsync("from", content);
        var target = await fixture.CreateFileAsync("to");
        await fixture.SyncAsync();
        var last = fixture.Place(source).Extents[^1];
        var (zone, end) = (last.Zone, last.ZoneOffset + last.Length);
        var device = last.Tier == "tlc" ? fixture.Tlc : fixture.Qlc;
        device.Rots = at => at.Zone.Index == zone && at.Offset == end - 4096;
        var copied = await CopyAsync(fixture, source, 0, target, 0, content.Length);
        Assert.Equal(1 << 20, copied.Value);
        Assert.Equal(content[..(1 << 20)], await fixture.ReadAsync(target));
        Assert.Equal(Errno.EIO, (await CopyAsync(fixture, source, 1 << 20, target, 1 << 20, content.Length)).Error);
        Assert.Equal(1ul << 20, fixture.Volume.GetStatus(target).Value.Size);
    }

    [Fact]
    public async Task A_copy_counts_as_writing()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var source = await fixture.CreateFileAsync("from", VolumeFixture.Bytes(10_000, 1));
        var target = await fixture.CreateFileAsync("to", mode: 0xDED);
        Assert.True((await fixture.Volume.SetStatusAsync(target, new FileStatusChanges { ModifyTime = 5 })).IsOk);
        var heat = fixture.Place(source).HeatShort;
        var written = fixture.Volume.GetVolumeStatus().UserBytesWritten;
        var (from, to) = (await fixture.OpenFileAsync(source), await fixture.OpenFileAsync(target));
        Assert.Equal(10_000, (await fixture.Volume.CopyRangeAsync(from, 0, to, 0, 10_000, killSetId: true)).Value);
        await fixture.Volume.ReleaseAsync(from);
        await fixture.Volume.ReleaseAsync(to);
        var status = fixture.Volume.GetStatus(target).Value;
        Assert.Equal(0x1EDu, status.Mode & ZoneTierFS.Linux.FileMode.PermissionMask);
        Assert.NotEqual(5, status.ModifyTime);
        Assert.Equal(written + 10_000, fixture.Volume.GetVolumeStatus().UserBytesWritten);
        Assert.Equal(heat, fixture.Place(source).HeatShort);
    }

    private static async Task<Result<long>> CopyAsync(VolumeFixture fixture, ulong source, long from, ulong target, long to, long length)
    {
        var (one, other) = (await fixture.OpenFileAsync(source, OpenFlags.Read), await fixture.OpenFileAsync(target));
        var copied = await fixture.Volume.CopyRangeAsync(one, from, other, to, length, killSetId: false);
        await fixture.Volume.ReleaseAsync(one);
        await fixture.Volume.ReleaseAsync(other);
        return copied;
    }

    /// <summary>As programs do it: again and again, until nothing more is copied.</summary>
    private static async Task<long> CopyAllAsync(VolumeFixture fixture, ulong source, long from, ulong target, long to, long length)
    {
        for (long done = 0; ;)
        {
            var copied = await CopyAsync(fixture, source, from + done, target, to + done, length - done);
            Assert.Equal(Errno.Ok, copied.Error);
            if (copied.Value == 0) return done;
            done += copied.Value;
        }
    }
}
