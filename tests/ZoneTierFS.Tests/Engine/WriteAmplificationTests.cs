using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using Mode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Engine;

/// <summary>What the volume says it has written, cause by cause, adds up to what its devices have taken.</summary>
public sealed class WriteAmplificationTests
{
    private const int Block = 4096;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_causes_add_up_to_what_each_device_took_whatever_happens(int seed)
    {
        var (counters, devices) = Devices();
        await Volume.FormatAsync(devices, new FormatOptions { Uuid = Guid.NewGuid() }, VolumeFixture.Environment, null, CancellationToken.None);
        var options = VolumeFixture.EagerMover with { CleanBelowFreeFraction = 0.6, JournalBytesMax = 1 << 20 };
        var random = new Random(seed);
        var sum = default(WrittenBytes);
        for (var mount = 0; mount < 3; mount++)
        {
            foreach (var counter in counters) counter.Restart();
            var volume = await Volume.OpenAsync(devices, options, VolumeFixture.Environment, CancellationToken.None);
            await MixAsync(volume, devices, random, mount);
            if (mount == 2) await AwaitMoverAsync(volume);
            sum += await AssertAddsUpAsync(volume, counters);
            await volume.DisposeAsync();
        }
        long[] causes = [sum.User, sum.Cleaning, sum.Moving, sum.Metadata, sum.Padding];
        Assert.All(causes, bytes => Assert.True(bytes > 0, $"{sum}"));
        foreach (var tier in devices) await ((TestDevice)tier.Device).Inner.DisposeAsync();
    }

    [Fact]
    public async Task Users_bytes_are_those_of_whole_blocks_written_back_once()
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        var inode = await fixture.CreateFileAsync("f", VolumeFixture.Bytes(10 * Block, 1));
        await fixture.WriteAsync(inode, 0, VolumeFixture.Bytes(10 * Block, 2)); // replaces what still waits in memory
        await fixture.SyncAsync();
        await fixture.WriteAsync(inode, 3 * Block + 5, VolumeFixture.Bytes(1, 3), sync: true);
        var status = fixture.Volume.GetVolumeStatus();
        Assert.Equal(11 * Block, status.Written.User);
        Assert.Equal((0, 0), (status.Written.Cleaning, status.Written.Moving));
        Assert.Equal((double)status.Written.Total / status.Written.User, status.Written.Amplification);
        await fixture.ReopenAsync();
        Assert.Equal(0, fixture.Volume.GetVolumeStatus().Written.User);
        Assert.Null(fixture.Volume.GetVolumeStatus().Written.Amplification);
    }

    private static (CountingDevice[] Counters, TierDevice[] Devices) Devices()
    {
        var counters = new[] { MediaKind.Tlc, MediaKind.Qlc }
            .Select(media => new CountingDevice(((TestDevice)VolumeFixture.Device("tier", zones: 28, media: media).Device).Inner)).ToArray();
        return (counters, [.. counters.Select((counter, i) => new TierDevice(i == 0 ? "tlc" : "qlc", new TestDevice(counter)))]);
    }

    /// <summary>Writing, overwriting, deleting, pins to and fro, zones that refuse an append, syncs between.</summary>
    private static async Task MixAsync(Volume volume, TierDevice[] devices, Random random, int mount)
    {
        string[] names = ["a.gguf", "b", "c.ckpt", "d.kvcache.safetensors", "e", "f"];
        for (var step = 0; step < 60; step++)
        {
            var name = VolumeFixture.Name(names[random.Next(names.Length)]);
            var made = await volume.CreateAsync(Volume.RootInode, name, Mode.S_IFREG | 0x1A4, 0, VolumeFixture.Root);
            var inode = made.IsOk ? made.Value.Inode : volume.Lookup(Volume.RootInode, name.Span).Value.Inode;
            var handle = await volume.OpenFileAsync(inode, OpenFlags.Read | OpenFlags.Write);
            var bytes = VolumeFixture.Bytes(random.Next(1, 900_000), step);
            Assert.True((await volume.WriteAsync(handle.Value, random.Next(1 << 20), bytes, false, false)).IsOk);
            if (step % 5 == 0) Assert.Equal(Errno.Ok, await volume.FsyncAsync(handle.Value, false));
            await volume.ReleaseAsync(handle.Value);
            if (step % 7 == 0) await volume.SetPinAsync(inode, step % 2 == 0 ? "tlc" : "qlc");
            if (step % 20 == 19) await volume.UnlinkAsync(Volume.RootInode, name);
            if (step % 25 == 10 && mount > 0) RefuseOnce((TestDevice)devices[step / 25 % 2].Device);
        }
        foreach (var tier in devices) ((TestDevice)tier.Device).Mend();
    }

    /// <summary>However busy the machine is: the mover gets to clean, and to bring a file to where it was pinned.</summary>
    private static async Task AwaitMoverAsync(Volume volume)
    {
        var made = await volume.CreateAsync(Volume.RootInode, VolumeFixture.Name("pinned"), Mode.S_IFREG | 0x1A4, 0, VolumeFixture.Root);
        var handle = await volume.OpenFileAsync(made.Value.Inode, OpenFlags.Read | OpenFlags.Write);
        Assert.True((await volume.WriteAsync(handle.Value, 0, VolumeFixture.Bytes(300_000, 1), false, false)).IsOk);
        Assert.Equal(Errno.Ok, await volume.FsyncAsync(handle.Value, false));
        await volume.ReleaseAsync(handle.Value);
        Assert.Equal(Errno.Ok, await volume.SetPinAsync(made.Value.Inode, "qlc"));
        await Eventually.HoldsAsync(() => volume.GetVolumeStatus().Written is { Cleaning: > 0, Moving: > 0 }, () => $"{volume.GetVolumeStatus().Written}");
    }

    private static void RefuseOnce(TestDevice device)
    {
        var left = 1;
        device.FailsAppend = zone => zone.Index >= 2 && Interlocked.Decrement(ref left) >= 0 ? Errno.EIO : Errno.Ok;
    }

    /// <summary>The mover may be writing at the very moment: counted and told amounts are looked at until they rest.</summary>
    private static async Task<WrittenBytes> AssertAddsUpAsync(Volume volume, CountingDevice[] counters)
    {
        Assert.Equal(Errno.Ok, await volume.SyncAsync());
        await Eventually.HoldsAsync(
            () => volume.GetVolumeStatus() is var status
                && status.Tiers.Select(tier => (tier.Written.Total, (long)tier.ZoneResets))
                    .SequenceEqual(counters.Select(counter => (counter.Written, counter.Resets))),
            () => $"{string.Join(", ", counters.Select(counter => counter.Written))} instead of "
                + string.Join(", ", volume.GetVolumeStatus().Tiers.Select(tier => tier.Written)));
        var told = volume.GetVolumeStatus();
        Assert.Equal(told.Tiers.Sum(tier => tier.Written.Total), told.Written.Total);
        return told.Written;
    }
}
