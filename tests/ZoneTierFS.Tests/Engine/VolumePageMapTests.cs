using Xunit;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Files that are overwritten at random, so that the volume maps their blocks one by one.</summary>
public sealed class VolumePageMapTests
{
    private const int BlockSize = 4096;

    [Fact]
    public async Task A_file_that_was_overwritten_at_random_is_whole_after_crashes_and_moves()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var content = VolumeFixture.Bytes(1100 * BlockSize, seed: 1);
        var file = await fixture.CreateFileAsync("weights.bin", content);
        var random = new Random(2);
        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < 200; i++)
            {
                var (block, bytes) = (random.Next(content.Length / BlockSize), VolumeFixture.Bytes(BlockSize, random.Next()));
                bytes.CopyTo(content.AsSpan(block * BlockSize));
                await fixture.WriteAsync(file, (long)block * BlockSize, bytes);
            }
            await fixture.SyncAsync();
            Assert.True(round == 0 || HasMap(fixture, file), "no chunk has a map");
            await fixture.CrashAsync();
            AssertSame(content, await fixture.ReadAsync(file), $"the content differs after round {round}");
        }
        Assert.Equal(1100ul * 8, fixture.Volume.GetStatus(file).Value.Blocks);
        Assert.Empty((await fixture.Volume.CheckAsync(null, CancellationToken.None)).Damage);

        // What moves as a whole is written in order: no map is left.
        Assert.Equal(ZoneTierFS.Linux.Errno.Ok, await fixture.Volume.SetPinAsync(file, "qlc"));
        await Eventually.HoldsAsync(() => !HasMap(fixture, file), () => $"{fixture.Place(file).Extents.Count} extents are left");
        AssertSame(content, await fixture.ReadAsync(file), "the content differs after the move");
        await fixture.CrashAsync();
        AssertSame(content, await fixture.ReadAsync(file), "the content differs after the move and a crash");
    }

    private static void AssertSame(byte[] expected, byte[] found, string otherwise) => Assert.True(expected.AsSpan().SequenceEqual(found), otherwise);

    private static bool HasMap(VolumeFixture fixture, ulong file)
    {
        var state = fixture.Volume.State;
        lock (state.Gate)
        {
            var key = ItemKeys.Of(file, ItemKind.Extent);
            var scan = state.Tree.Scan(key);
            while (scan.MoveNext() && scan.Key.High == key.High)
                if (PageMap.Is(scan.Value)) return true;
            return false;
        }
    }
}
