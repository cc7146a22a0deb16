using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

public sealed class VolumeFileTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(100_000)]
    [InlineData(5_000_001)]
    public async Task Written_bytes_are_read_back_before_and_after_fsync_and_reopening(int length)
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var content = VolumeFixture.Bytes(length, 1);
        var inode = await fixture.CreateFileAsync("f", content);
        Assert.Equal(content, await fixture.ReadAsync(inode));
        Assert.Equal(Errno.Ok, await fixture.Volume.SyncAsync());
        Assert.Equal(content, await fixture.ReadAsync(inode));
        await fixture.ReopenAsync();
        Assert.Equal(content, await fixture.ReadAsync(fixture.Find("f")));
    }

    [Fact]
    public async Task Random_writes_truncates_and_holes_match_a_plain_array()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f");
        var model = Array.Empty<byte>();
        var random = new Random(7);
        for (var step = 0; step < 400; step++)
        {
            var offset = random.Next(600_000);
            switch (random.Next(6))
            {
                case 0:
                    await fixture.Volume.SetStatusAsync(inode, new FileStatusChanges { Size = (ulong)offset });
                    Array.Resize(ref model, offset);
                    break;
                case 1:
                    Assert.Equal(Errno.Ok, await fixture.Volume.SyncAsync());
                    break;
                case 2:
                    var length = random.Next(1, 50_000);
                    var punch = (await fixture.Volume.OpenFileAsync(inode, OpenFlags.Write)).Value;
                    Assert.Equal(Errno.Ok, await fixture.Volume.AllocateAsync(punch, AllocateMode.PunchHole, offset, length));
                    await fixture.Volume.ReleaseAsync(punch);
                    if (offset < model.Length) model.AsSpan(offset, Math.Min(length, model.Length - offset)).Clear();
                    break;
                default:
                    var bytes = VolumeFixture.Bytes(random.Next(1, 40_000), step);
                    await fixture.WriteAsync(inode, offset, bytes);
                    if (model.Length < offset + bytes.Length) Array.Resize(ref model, offset + bytes.Length);
                    bytes.CopyTo(model, offset);
                    break;
            }
            if (step % 20 == 0) Assert.Equal(model, await fixture.ReadAsync(inode));
            if (step % 97 == 0) await fixture.ReopenAsync();
        }
        Assert.Equal(model, await fixture.ReadAsync(inode));
        var report = await fixture.Volume.CheckAsync(null, CancellationToken.None);
        Assert.Empty(report.Damage);
    }

    [Fact]
    public async Task A_full_volume_says_ENOSPC_and_deleting_makes_room_again()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        for (var round = 0; round < 3; round++)
        {
            var files = new List<string>();
            var error = Errno.Ok;
            for (var i = 0; i < 400 && error == Errno.Ok; i++)
            {
                var inode = await fixture.CreateFileAsync($"f{i}");
                files.Add($"f{i}");
                var handle = (await fixture.Volume.OpenFileAsync(inode, OpenFlags.Write)).Value;
                error = (await fixture.Volume.WriteAsync(handle, 0, VolumeFixture.Bytes(1 << 20, i), false, false)).Error;
                await fixture.Volume.ReleaseAsync(handle);
            }
            Assert.Equal(Errno.ENOSPC, error);
            Assert.InRange(files.Count, 60, 96);
            Assert.Equal(Errno.Ok, await fixture.Volume.SyncAsync());
            Assert.Equal(VolumeFixture.Bytes(1 << 20, 3), await fixture.ReadAsync(fixture.Find("f3")));
            foreach (var name in files) Assert.Equal(Errno.Ok, await fixture.Volume.UnlinkAsync(Volume.RootInode, VolumeFixture.Name(name)));
        }
    }

    [Fact]
    public async Task Overwriting_a_nearly_full_volume_again_and_again_is_cleaned_behind()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inodes = new List<ulong>();
        for (var i = 0; i < 50; i++) inodes.Add(await fixture.CreateFileAsync($"f{i}", VolumeFixture.Bytes(1 << 20, i)));
        var random = new Random(5);
        var seeds = Enumerable.Range(0, 50).ToArray();
        for (var i = 0; i < 300; i++)
        {
            var victim = random.Next(50);
            seeds[victim] = 1000 + i;
            await fixture.WriteAsync(inodes[victim], 0, VolumeFixture.Bytes(1 << 20, seeds[victim]), sync: i % 10 == 0);
        }
        await fixture.ReopenAsync();
        for (var i = 0; i < 50; i++) Assert.Equal(VolumeFixture.Bytes(1 << 20, seeds[i]), await fixture.ReadAsync(fixture.Find($"f{i}")));
    }

    [Fact]
    public async Task An_unlinked_open_file_keeps_its_bytes_until_the_last_close()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var content = VolumeFixture.Bytes(50_000, 2);
        var inode = await fixture.CreateFileAsync("f", content);
        var handle = (await fixture.Volume.OpenFileAsync(inode, OpenFlags.Read)).Value;
        Assert.Equal(Errno.Ok, await fixture.Volume.UnlinkAsync(Volume.RootInode, VolumeFixture.Name("f")));
        var into = new byte[50_000];
        Assert.Equal(50_000, (await fixture.Volume.ReadAsync(handle, 0, into)).Value);
        Assert.Equal(content, into);
        await fixture.Volume.ReleaseAsync(handle);
        await fixture.Volume.SyncAsync();
        Assert.Equal(Errno.ENOENT, fixture.Volume.GetStatus(inode).Error);
        Assert.Equal(1ul, fixture.Volume.GetSpace().Files);
    }
}
