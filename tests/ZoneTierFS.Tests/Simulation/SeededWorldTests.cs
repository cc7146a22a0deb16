using System.Threading.Channels;
using Xunit;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Tests.Simulation;

public class SeededWorldTests
{
    [Fact]
    public void OneSeedRunsTheSameWayEveryTime()
    {
        for (ulong seed = 0; seed < 100; seed++)
        {
            Assert.Equal(RunBusyWorld(seed), RunBusyWorld(seed));
        }
    }

    [Fact]
    public void SeedsDifferInTheOrderOfWork()
    {
        var orders = Enumerable.Range(0, 50).Select(seed => RunBusyWorld((ulong)seed).Order).ToHashSet();
        Assert.True(orders.Count > 40, $"only {orders.Count} different orders in 50 seeds");
    }

    [Fact]
    public void TimeJumpsToTheNextTimerInsteadOfPassing()
    {
        var world = new SeededWorld(new SeededRandom(1), new WorldTrace(null));
        DateTimeOffset before = default, after = default;
        world.Run(async () =>
        {
            before = world.Time.GetUtcNow();
            await Task.Delay(TimeSpan.FromDays(1), world.Time);
            after = world.Time.GetUtcNow();
        });
        Assert.InRange(after - before, TimeSpan.FromDays(1), TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));
        Assert.True(world.Steps < 100);
    }

    [Fact]
    public void PeriodicTimersFireInTurnAndStopWhenDisposed()
    {
        var world = new SeededWorld(new SeededRandom(1), new WorldTrace(null));
        int ticks = 0;
        world.Run(async () =>
        {
            ITimer timer = world.Time.CreateTimer(_ => ticks++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            await world.DelayAsync(TimeSpan.FromSeconds(10.5));
            await timer.DisposeAsync();
            await world.DelayAsync(TimeSpan.FromSeconds(10));
        });
        Assert.Equal(10, ticks);
    }

    [Fact]
    public void WaitingForWhatNeverComesIsADeadlockThatNamesWhatWaits()
    {
        var world = new SeededWorld(new SeededRandom(1), new WorldTrace(null));
        world.DescribePending(() => "the client, for its semaphore");
        using var semaphore = new SemaphoreSlim(0);
        var failure = Assert.Throws<SimulationException>(() => world.Run(() => semaphore.WaitAsync()));
        Assert.Contains("deadlock", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the client, for its semaphore", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WorkWithoutEndIsStoppedAtTheStepLimit()
    {
        var world = new SeededWorld(new SeededRandom(1), new WorldTrace(null)) { StepsMax = 1000 };
        var failure = Assert.Throws<SimulationException>(() => world.Run(async () =>
        {
            while (true)
            {
                await Task.Yield();
            }
        }));
        Assert.Contains("1000 steps", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WorkThatEscapesToTheThreadPoolFailsTheWorld()
    {
        var world = new SeededWorld(new SeededRandom(1), new WorldTrace(null));
        using var escaped = new ManualResetEventSlim();
        var failure = Assert.Throws<SimulationException>(() => world.Run(async () =>
        {
            await Task.Yield();
            Task work = Task.Run(() =>
            {
                try
                {
                    world.Time.GetTimestamp();
                }
                finally
                {
                    escaped.Set();
                }
            });
            escaped.Wait();
            await work;
        }));
        Assert.Contains("escape: the clock on a foreign thread", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AContinuationFromAnotherThreadFailsTheWorld()
    {
        var world = new SeededWorld(new SeededRandom(1), new WorldTrace(null));
        var failure = Assert.Throws<SimulationException>(() => world.Run(async () =>
        {
            var stranger = new Thread(() => world.Post(_ => { }, null));
            stranger.Start();
            stranger.Join();
            await Task.Yield();
        }));
        Assert.Contains("escape: a continuation on a foreign thread", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NothingRunsAfterThePowerIsCut()
    {
        var world = new SeededWorld(new SeededRandom(1), new WorldTrace(null));
        bool ranOn = false;
        bool finished = world.Run(async () =>
        {
            world.Stop();
            await Task.Yield();
            ranOn = true;
        });
        Assert.False(finished);
        Assert.False(ranOn);
    }

    [Fact]
    public void AnExceptionNobodyAwaitsStillFailsTheWorld()
    {
        var world = new SeededWorld(new SeededRandom(1), new WorldTrace(null));
        Assert.Throws<InvalidOperationException>(() => world.Run(async () =>
        {
            world.Post(_ => throw new InvalidOperationException("lost"), null);
            await world.DelayAsync(TimeSpan.FromSeconds(1));
        }));
    }

    /// <summary>The ways in which async code waits: channels, semaphores, completion sources, delays, yields, synchronous locks.</summary>
    private static (ulong Hash, string Order) RunBusyWorld(ulong seed)
    {
        var trace = new WorldTrace(null);
        var world = new SeededWorld(new SeededRandom(seed), trace);
        var order = new List<int>();
        world.Run(async () =>
        {
            var channel = Channel.CreateBounded<int>(2);
            using var semaphore = new SemaphoreSlim(1);
            async Task ProduceAsync(int id)
            {
                for (int i = 0; i < 5; i++)
                {
                    await semaphore.WaitAsync();
                    await Task.Yield();
                    semaphore.Release();
                    await channel.Writer.WriteAsync((10 * id) + i);
                    await Task.Delay(TimeSpan.FromMilliseconds(world.Random.Next(3)), world.Time);
                }
            }

            Task producers = Task.WhenAll(ProduceAsync(0), ProduceAsync(1), ProduceAsync(2));
            for (int i = 0; i < 15; i++)
            {
                int item = await channel.Reader.ReadAsync();
                lock (order)
                {
                    order.Add(item);
                }
            }

            await producers;
            trace.Record($"done at {world.Time.GetTimestamp()}");
        });
        return (trace.Hash, string.Join(' ', order));
    }
}
