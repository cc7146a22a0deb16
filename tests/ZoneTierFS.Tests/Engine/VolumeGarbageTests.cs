using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>An image from anywhere: whatever is wrong with its bytes, it is refused with a reason, or its files read right or not at all.</summary>
public sealed class VolumeGarbageTests
{
    private const int Files = 12;
    private const int FileBytes = 60_000;
    /// <summary>Of the whole process, in which other tests run meanwhile; a length from garbage that is believed comes to more.</summary>
    private const long AllocatedBytesMax = 1L << 30;

    [Theory]
    [InlineData(1, 150)]
    [InlineData(2, 150)]
    public async Task Garbage_is_refused_or_reads_as_an_error(int seed, int rounds)
    {
        await using var fixture = await VolumeFixture.CreateAsync();
        for (var i = 0; i < Files; i++)
            await fixture.CreateFileAsync($"f{i}", VolumeFixture.Bytes(FileBytes, i));
        await fixture.ReopenAsync();
        await fixture.SyncAsync();
        await fixture.CloseAsync();
        var written = new Dictionary<TestDevice, List<ZoneAddress>>();
        foreach (var device in new[] { fixture.Tlc, fixture.Qlc }) written[device] = await WrittenBlocksAsync(device);
        var random = new Random(seed);
        var (refused, served, unreadable) = (0, 0, 0);
        for (var round = 0; round < rounds; round++)
        {
            // A little on one device, which the second copy of the metadata makes good; or a good part of both.
            var isLittle = random.Next(2) == 0;
            foreach (var (device, blocks) in written) Spoil(device, blocks, random, isLittle ? (device == fixture.Tlc ? 3 : 0) : blocks.Count / 3);
            var allocated = GC.GetTotalAllocatedBytes();
            try
            {
                // Read-only: the next round is to find the same volume.
                await fixture.OpenAsync(new VolumeOptions { ReadOnly = true });
                unreadable += await ReadAllAsync(fixture);
                served++;
            }
            catch (Exception failure) when (failure is VolumeException or DeviceException)
            {
                Assert.NotEmpty(failure.Message);
                refused++;
            }
            Assert.InRange(GC.GetTotalAllocatedBytes() - allocated, 0, AllocatedBytesMax);
            await fixture.CloseAsync();
        }
        // Damage that never hit anything would prove nothing.
        Assert.True(refused > 0 && served > 0 && unreadable > 0, $"{refused} refused, {served} served, {unreadable} files unreadable");
    }

    private static async Task<List<ZoneAddress>> WrittenBlocksAsync(TestDevice device)
    {
        var blocks = new List<ZoneAddress>();
        foreach (var report in await device.ReportZonesAsync(CancellationToken.None))
            for (var at = 0L; at < report.WritePointer; at += device.Geometry.BlockSize) blocks.Add(new ZoneAddress(report.Zone, at));
        return blocks;
    }

    private static void Spoil(TestDevice device, List<ZoneAddress> written, Random random, int blocksMax)
    {
        var damage = new Dictionary<ZoneAddress, (int Seed, bool Whole)>();
        for (var count = blocksMax == 0 ? 0 : random.Next(1, blocksMax + 1); count > 0; count--)
            damage[written[random.Next(written.Count)]] = (random.Next(), random.Next(2) == 0);
        device.Spoils = (block, bytes) =>
        {
            if (!damage.TryGetValue(block, out var how)) return;
            var noise = new Random(how.Seed);
            if (how.Whole) noise.NextBytes(bytes);
            else bytes[noise.Next(bytes.Length)] ^= (byte)(1 << noise.Next(8));
        };
    }

    /// <summary>Returns how many files, or parts of the tree, could not be read; fails where bytes are wrong.</summary>
    private static async Task<int> ReadAllAsync(VolumeFixture fixture)
    {
        var unreadable = 0;
        for (var i = 0; i < Files; i++)
        {
            var found = fixture.Volume.Lookup(Volume.RootInode, VolumeFixture.Name($"f{i}").Span);
            Assert.Equal(Errno.Ok, found.Error);
            var read = await fixture.TryReadAsync(found.Value.Inode);
            if (read.IsOk) Assert.Equal(VolumeFixture.Bytes(FileBytes, i), read.Value);
            else Assert.Equal(Errno.EIO, read.Error);
            if (!read.IsOk) unreadable++;
        }
        return unreadable;
    }
}
