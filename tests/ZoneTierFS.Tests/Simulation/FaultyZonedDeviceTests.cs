using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Linux;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Tests.Simulation;

public class FaultyZonedDeviceTests
{
    private const int Block = 4096;
    private static readonly ZoneId Zone = new(2);

    [Fact]
    public void FlushedBytesAlwaysSurvive()
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            FaultyMedium medium = Medium();
            OnDevice(medium, seed, async device =>
            {
                await device.AppendAsync(Zone, Blocks(3, 0xA1), default);
                await device.FlushAsync(default);
                await device.AppendAsync(Zone, Blocks(2, 0xB2), default);
            });
            medium.CutPower(new SeededRandom(seed));
            (long pointer, byte[] bytes) = Read(medium, Zone);
            Assert.InRange(pointer, 3 * Block, 5 * Block);
            Assert.All(bytes[..(3 * Block)], b => Assert.Equal(0xA1, b));
            Assert.All(bytes[(int)pointer..], b => Assert.Equal(0, b));
        }
    }

    [Fact]
    public void UnflushedBytesAreSometimesKeptSometimesLostSometimesTorn()
    {
        bool kept = false, lost = false, partly = false, torn = false;
        for (ulong seed = 0; seed < 200; seed++)
        {
            FaultyMedium medium = Medium();
            OnDevice(medium, seed, async device =>
            {
                await device.AppendAsync(Zone, Blocks(2, 0xA1), default);
                await device.AppendAsync(Zone, Blocks(2, 0xA1), default);
            });
            medium.CutPower(new SeededRandom(seed));
            (long pointer, byte[] bytes) = Read(medium, Zone);
            bool damaged = bytes[..(int)pointer].Any(b => b != 0xA1);
            kept |= pointer == 4 * Block && !damaged;
            lost |= pointer == 0;
            partly |= pointer is > 0 and < 4 * Block && !damaged;
            torn |= damaged;
        }

        Assert.True(kept && lost && partly && torn, $"kept {kept}, lost {lost}, partly {partly}, torn {torn}");
    }

    [Fact]
    public void AnUnflushedResetMayOrMayNotHaveHappened()
    {
        bool old = false, empty = false, rewritten = false;
        for (ulong seed = 0; seed < 300; seed++)
        {
            FaultyMedium medium = Medium();
            OnDevice(medium, seed, async device =>
            {
                await device.AppendAsync(Zone, Blocks(3, 0xA1), default);
                await device.FlushAsync(default);
                await device.ResetAsync(Zone, default);
                await device.AppendAsync(Zone, Blocks(1, 0xB2), default);
            });
            medium.CutPower(new SeededRandom(seed));
            (long pointer, byte[] bytes) = Read(medium, Zone);
            Assert.Contains(pointer, new long[] { 0, Block, 3 * Block });
            if (pointer == 3 * Block)
            {
                Assert.All(bytes[..(3 * Block)], b => Assert.Equal(0xA1, b));
                old = true;
            }

            empty |= pointer == 0;
            rewritten |= pointer == Block && bytes[0] == 0xB2;
        }

        Assert.True(old && empty && rewritten, $"old {old}, empty {empty}, rewritten {rewritten}");
    }

    [Fact]
    public void AFlushCoversOnlyWhatCompletedBeforeItBegan()
    {
        bool lost = false;
        for (ulong seed = 0; seed < 100; seed++)
        {
            FaultyMedium medium = Medium();
            OnDevice(medium, seed, async device =>
            {
                Task<ZoneAddress> append = device.AppendAsync(Zone, Blocks(1, 0xA1), default).AsTask();
                await device.FlushAsync(default);
                await append;
            }, new FaultKnobs { YieldChance = 1 });
            medium.CutPower(new SeededRandom(seed));
            lost |= Read(medium, Zone).Pointer == 0;
        }

        Assert.True(lost);
    }

    [Fact]
    public void PowerFailsAtTheChosenOperationAndNothingGoesOn()
    {
        FaultyMedium medium = Medium();
        int done = 0;
        var world = new SeededWorld(new SeededRandom(1), new WorldTrace(null));
        var device = new FaultyZonedDevice("d", medium, world, new PowerSwitch(world, cutAtOperation: 4), new FaultKnobs());
        bool finished = world.Run(async () =>
        {
            for (int i = 0; i < 10; i++)
            {
                await device.AppendAsync(new ZoneId(i), Blocks(1, 1), default);
                done++;
            }
        });
        Assert.False(finished);
        Assert.Equal(3, done);
    }

    [Fact]
    public void TheActiveLimitHoldsAfterEveryPowerCut()
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            FaultyMedium medium = Medium(maxActive: 3);
            OnDevice(medium, seed, async device =>
            {
                for (int i = 0; i < 16; i++)
                {
                    await device.AppendAsync(new ZoneId(i), Blocks(1 + (i % 3), 1), default);
                    if (i >= 2)
                    {
                        await device.FinishAsync(new ZoneId(i - 2), default);
                    }
                }
            });
            medium.CutPower(new SeededRandom(seed));
            OnDevice(medium, seed, async device =>
            {
                IReadOnlyList<ZoneReport> zones = await device.ReportZonesAsync(default);
                Assert.True(zones.Count(zone => zone.Condition is ZoneCondition.ImplicitlyOpen or ZoneCondition.Closed) <= 3);
            });
        }
    }

    [Fact]
    public void AnInjectedErrorLeavesAnyPartOfTheAppendBehind()
    {
        var pointers = new HashSet<long>();
        for (ulong seed = 0; seed < 50; seed++)
        {
            OnDevice(Medium(), seed, async device =>
            {
                var error = await Assert.ThrowsAsync<DeviceException>(async () => await device.AppendAsync(Zone, Blocks(2, 1), default));
                Assert.Equal(Errno.EIO, error.Error);
                pointers.Add((await device.ReportZonesAsync(default))[Zone.Index].WritePointer);
            }, new FaultKnobs { AppendErrorChance = 1 });
        }

        Assert.Equal([0, Block, 2 * Block], pointers.Order());
    }

    [Theory]
    [InlineData("unaligned read")]
    [InlineData("read beyond the capacity")]
    [InlineData("partial block")]
    [InlineData("append beyond the capacity")]
    [InlineData("append over the limit")]
    [InlineData("append to a full zone")]
    [InlineData("two appends at once")]
    [InlineData("one zone too many")]
    [InlineData("reset while reading")]
    [InlineData("changed data")]
    [InlineData("append after an error")]
    [InlineData("use after close")]
    public void BreakingAZoneRuleFailsTheWorld(string rule)
    {
        var knobs = new FaultKnobs { YieldChance = 1, AppendErrorChance = rule == "append after an error" ? 1 : 0 };
        var failure = Assert.Throws<SimulationException>(() => OnDevice(Medium(maxActive: 2), 1, device => BreakAsync(device, rule), knobs));
        Assert.StartsWith("d: ", failure.Message, StringComparison.Ordinal);
    }

    private static async Task BreakAsync(IZonedDevice device, string rule)
    {
        long capacity = device.Geometry.ZoneCapacity;
        byte[] one = Blocks(1, 1);
        switch (rule)
        {
            case "unaligned read":
                await device.ReadAsync(new ZoneAddress(Zone, 512), one, default);
                break;
            case "read beyond the capacity":
                await device.ReadAsync(new ZoneAddress(Zone, capacity), one, default);
                break;
            case "partial block":
                await device.AppendAsync(Zone, one.AsMemory(1), default);
                break;
            case "append beyond the capacity":
                await device.AppendAsync(Zone, Blocks(14, 1), default);
                await device.AppendAsync(Zone, Blocks(3, 1), default);
                break;
            case "append over the limit":
                await device.AppendAsync(Zone, Blocks(16, 1), default);
                break;
            case "append to a full zone":
                await device.FinishAsync(Zone, default);
                await device.AppendAsync(Zone, one, default);
                break;
            case "two appends at once":
                await Task.WhenAll(device.AppendAsync(Zone, one, default).AsTask(), device.AppendAsync(Zone, Blocks(1, 2), default).AsTask());
                break;
            case "one zone too many":
                await device.AppendAsync(new ZoneId(0), one, default);
                await device.AppendAsync(new ZoneId(1), one, default);
                await device.AppendAsync(new ZoneId(2), one, default);
                break;
            case "reset while reading":
                await Task.WhenAll(device.ReadAsync(new ZoneAddress(Zone, 0), one, default).AsTask(), device.ResetAsync(Zone, default).AsTask());
                break;
            case "changed data":
                Task append = device.AppendAsync(Zone, one, default).AsTask();
                one[7]++;
                await append;
                break;
            case "append after an error":
                await Assert.ThrowsAsync<DeviceException>(async () => await device.AppendAsync(Zone, one, default));
                await device.AppendAsync(Zone, one, default);
                break;
            case "use after close":
                await device.DisposeAsync();
                await device.FlushAsync(default);
                break;
        }
    }

    private static FaultyMedium Medium(int maxActive = 0) => new(new ZonedGeometry
    {
        ZoneCount = 16,
        ZoneSize = 16 * Block,
        ZoneCapacity = 15 * Block,
        MaxActiveZones = maxActive,
        AppendBytesMax = 15 * Block,
    });

    private static byte[] Blocks(int count, byte value)
    {
        var bytes = new byte[count * Block];
        Array.Fill(bytes, value);
        return bytes;
    }

    private static void OnDevice(FaultyMedium medium, ulong seed, Func<IZonedDevice, Task> use, FaultKnobs? knobs = null)
    {
        var world = new SeededWorld(new SeededRandom(seed), new WorldTrace(null));
        var device = new FaultyZonedDevice("d", medium, world, new PowerSwitch(world), knobs ?? new FaultKnobs());
        world.Run(() => use(device));
    }

    private static (long Pointer, byte[] Bytes) Read(FaultyMedium medium, ZoneId zone)
    {
        long pointer = 0;
        var bytes = new byte[medium.Geometry.ZoneCapacity];
        OnDevice(medium, 0, async device =>
        {
            pointer = (await device.ReportZonesAsync(default))[zone.Index].WritePointer;
            await device.ReadAsync(new ZoneAddress(zone, 0), bytes, default);
        });
        return (pointer, bytes);
    }
}
