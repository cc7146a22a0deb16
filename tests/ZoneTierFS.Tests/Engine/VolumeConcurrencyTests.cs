using Xunit;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Many callers at once on a small volume, where the mover and the cleaner work all the time beneath them.</summary>
public sealed class VolumeConcurrencyTests
{
    private const int Threads = 8;

    [Fact]
    public async Task Eight_writers_of_eight_files_each_read_what_they_wrote()
    {
        await using var fixture = await BusyAsync();
        var models = new byte[Threads][];
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () => models[thread] = await WorkAsync(fixture, thread))));
        await fixture.CrashAsync();
        for (var thread = 0; thread < Threads; thread++) Assert.Equal(models[thread], await fixture.ReadAsync(fixture.Find(NameOf(thread))));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Eight_writers_of_one_file_never_mix_within_a_write()
    {
        await using var fixture = await BusyAsync();
        const int slot = 60_000; // slots share blocks
        var inode = await fixture.CreateFileAsync("shared", new byte[Threads * slot]);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            var random = new Random(thread);
            for (var step = 0; step < 40; step++)
            {
                await fixture.WriteAsync(inode, thread * slot, Filled(slot, thread, step), sync: random.Next(8) == 0);
                Assert.Equal(Filled(slot, thread, step), await fixture.ReadAsync(inode, thread * slot, slot));
                var seen = await fixture.ReadAsync(inode, random.Next(Threads) * slot, slot);
                Assert.Equal(seen[0], seen[^1]);
            }
        })));
        for (var thread = 0; thread < Threads; thread++) Assert.Equal(Filled(slot, thread, 39), await fixture.ReadAsync(inode, thread * slot, slot));
        await fixture.AssertSoundAsync();
    }

    private static string NameOf(int thread) => thread % 2 == 0 ? $"w{thread}.gguf" : $"k{thread}";

    private static byte[] Filled(int length, int thread, int step)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill((byte)(thread * 31 + step + 1));
        return bytes;
    }

    /// <summary>Overwrites parts of a file of its own, cuts it, moves it about, and keeps an account of what must be in it.</summary>
    private static async Task<byte[]> WorkAsync(VolumeFixture fixture, int thread)
    {
        var random = new Random(100 + thread);
        var inode = await fixture.CreateFileAsync(NameOf(thread));
        var model = new byte[900_000];
        await fixture.WriteAsync(inode, 0, model);
        for (var step = 0; step < 40; step++)
        {
            var bytes = VolumeFixture.Bytes(random.Next(1, 200_000), step);
            var offset = random.Next(model.Length - bytes.Length);
            await fixture.WriteAsync(inode, offset, bytes, sync: random.Next(6) == 0);
            bytes.CopyTo(model, offset);
            if (step % 10 == 3) await fixture.Volume.SetPinAsync(inode, random.Next(3) switch { 0 => "tlc", 1 => "qlc", _ => null });
            if (step % 4 == 0) Assert.Equal(model, await fixture.ReadAsync(inode));
        }
        await fixture.SyncAsync();
        return model;
    }

    private static Task<VolumeFixture> BusyAsync() =>
        VolumeFixture.CreateAsync(
            VolumeFixture.EagerMover with { CommitInterval = TimeSpan.FromMilliseconds(100), DirtyBytesMax = 4 << 20 }, zones: 24, slowZones: 16);
}
