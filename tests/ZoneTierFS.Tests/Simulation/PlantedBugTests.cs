using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Tests.Simulation;

/// <summary>A harness that never fails proves nothing: it must find a bug that was put there, and leave the correct store in peace.</summary>
public class PlantedBugTests
{
    [Fact]
    public void AStoreThatFlushesLosesNothingInAnySeed()
        => Assert.All(Enumerable.Range(0, 200), seed => Assert.Null(FindLoss((ulong)seed, skipsFlush: false, new FaultKnobs { YieldChance = 0.3 })));

    [Fact]
    public void AStoreThatSkipsItsFlushIsFoundOut()
        => Assert.Contains(Enumerable.Range(0, 20), seed => FindLoss((ulong)seed, skipsFlush: true, new FaultKnobs { YieldChance = 0.3 }) is not null);

    [Fact]
    public void ADeviceThatLiesAboutItsFlushIsFoundOut()
        => Assert.Contains(Enumerable.Range(0, 20), seed => FindLoss((ulong)seed, skipsFlush: false, new FaultKnobs { FlushLies = true }) is not null);

    /// <summary>Three clients put values until the power fails, several times over; says what was lost, or null.</summary>
    private static string? FindLoss(ulong seed, bool skipsFlush, FaultKnobs knobs)
    {
        var random = new SeededRandom(seed);
        var medium = new FaultyMedium(new ZonedGeometry { ZoneCount = 16, ZoneSize = 256 << 10, ZoneCapacity = 200 << 10 });
        var acknowledged = new Dictionary<long, long>();
        var issued = new Dictionary<long, long>();
        for (int life = 0; life < 5; life++)
        {
            var world = new SeededWorld(random.Fork((ulong)life), new WorldTrace(null));
            var device = new FaultyZonedDevice("d", medium, world, new PowerSwitch(world, random.Between(1, 60)), knobs);
            string? loss = null;
            bool finished = world.Run(async () =>
            {
                using var store = new ToyLogStore(device, skipsFlush);
                await store.RecoverAsync();
                loss = Compare(store.Values, acknowledged, issued);
                await Task.WhenAll(PutAllAsync(0), PutAllAsync(1), PutAllAsync(2));

                async Task PutAllAsync(long key)
                {
                    for (int i = 0; i < 8; i++)
                    {
                        issued[key] = issued.GetValueOrDefault(key) + 1;
                        long value = issued[key];
                        await store.PutAsync(key, value);
                        acknowledged[key] = value;
                    }
                }
            });
            if (loss is not null)
            {
                return loss;
            }

            if (!finished)
            {
                medium.CutPower(random);
            }
        }

        return null;
    }

    private static string? Compare(Dictionary<long, long> found, Dictionary<long, long> acknowledged, Dictionary<long, long> issued)
    {
        foreach ((long key, long value) in issued)
        {
            long seen = found.GetValueOrDefault(key);
            if (seen < acknowledged.GetValueOrDefault(key) || seen > value)
            {
                return $"key {key}: found {seen}, acknowledged {acknowledged.GetValueOrDefault(key)}, issued {value}";
            }
        }

        return null;
    }
}
