using Xunit;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Tests.Placement;

public class HeatTableTests
{
    private const long Second = 1_000_000_000;
    private const int Mi = 1 << 20;

    [Theory]
    [InlineData(4096)]
    [InlineData(128 << 10)]
    [InlineData(Mi)]
    [InlineData(100_003)]
    public void One_pass_is_a_scan_and_the_second_is_heat(int step)
    {
        HeatTable table = new(64);
        Read(table, 1, 0, 12 * Mi, step, now: 0);
        Assert.Equal(default, table.Sum(1, 0));
        Read(table, 1, 0, 12 * Mi, step, now: 0);
        HeatSample heat = table.Sum(1, 0);
        Assert.Equal(12 * Mi / HeatTable.ShortSeconds, heat.Short, heat.Short * 0.05);
        Assert.Equal(12 * Mi / HeatTable.LongSeconds, heat.Long, heat.Long * 0.05);
    }

    [Fact]
    public void Requests_of_one_pass_may_come_out_of_order()
    {
        HeatTable table = new(64);
        int[] order = [.. Enumerable.Range(0, 32)];
        new Random(3).Shuffle(order);
        foreach (int request in order)
        {
            table.Record(1, request * (256L << 10), 256 << 10, 0);
        }
        Assert.Equal(default, table.Sum(1, 0));
    }

    [Fact]
    public void Reading_on_where_a_pass_stopped_is_no_repetition_but_going_back_is()
    {
        HeatTable table = new(4);
        table.Record(1, 0, 10_000, 0);
        table.Record(1, 10_000, 10_000, 0);
        Assert.Equal(0, table.Get(1, 0, 0).Short);
        table.Record(1, 15_000, 10_000, 0);
        Assert.Equal(5_000 / HeatTable.ShortSeconds, table.Get(1, 0, 0).Short, 5.0);
    }

    [Fact]
    public void Two_passes_an_hour_apart_are_two_scans()
    {
        HeatTable table = new(64);
        Read(table, 1, 0, 4 * Mi, Mi, now: 0);
        Read(table, 1, 0, 4 * Mi, Mi, now: 3600 * Second);
        Assert.Equal(default, table.Sum(1, 3600 * Second));
        Read(table, 1, 0, 4 * Mi, Mi, now: 3600 * Second + (600 * Second));
        Assert.True(table.Sum(1, 4200 * Second).Short > 0);
    }

    [Fact]
    public void A_steady_rate_is_what_both_averages_show_in_the_end()
    {
        HeatTable table = new(4);
        for (long second = 0; second < 4 * 3600; second++)
        {
            table.Record(1, 0, Mi, second * Second);
        }
        HeatSample heat = table.Get(1, 0, ((4 * 3600) - 1) * Second);
        Assert.Equal(Mi, heat.Short, 0.02 * Mi);
        Assert.Equal(Mi, heat.Long, 0.02 * Mi);
    }

    [Fact]
    public void Heat_without_reads_only_falls()
    {
        Random random = new(11);
        HeatTable table = new(16);
        for (int i = 0; i < 200; i++)
        {
            table.Record(1, random.Next(4 * Mi), random.Next(Mi), random.Next(60) * Second);
        }
        HeatSample last = table.Get(1, 0, 60 * Second);
        Assert.True(last is { Short: > 0, Long: > 0 });
        for (long now = 60 * Second; now < 7200 * Second; now += random.NextInt64(30 * Second))
        {
            HeatSample next = table.Get(1, 0, now);
            Assert.True(next.Short <= last.Short && next.Long <= last.Long && next.Short >= 0 && next.Long >= 0, $"{last} rose to {next}");
            last = next;
        }
        Assert.True(last.Short < 1e-9 && last.Long > 0);
    }

    [Fact]
    public void The_short_average_halves_in_20_seconds_and_the_long_one_in_20_minutes()
    {
        HeatTable table = new(4);
        table.Record(1, 0, Mi, 0);
        table.Record(1, 0, Mi, 0);
        HeatSample start = table.Get(1, 0, 0);
        Assert.Equal(start.Short / 2, table.Get(1, 0, 21 * Second).Short, start.Short * 0.02);
        Assert.Equal(start.Long / 2, table.Get(1, 0, 1248 * Second).Long, start.Long * 0.02);
    }

    [Fact]
    public void A_clock_that_steps_back_is_harmless()
    {
        HeatTable table = new(4);
        table.Record(1, 0, Mi, 100 * Second);
        table.Record(1, 0, Mi, 50 * Second);
        HeatSample heat = table.Get(1, 0, 10 * Second);
        Assert.Equal(table.Get(1, 0, 100 * Second), heat);
        Assert.True(heat.Short > 0);
    }

    [Fact]
    public void The_table_never_exceeds_its_size_and_keeps_what_is_hot()
    {
        HeatTable table = new(100);
        for (int round = 0; round < 300; round++)
        {
            Read(table, inode: 7, 0, 40L * Mi, Mi, now: round * Second);
            Read(table, inode: (ulong)(100 + round), 0, 40L * Mi, Mi, now: round * Second);
            Assert.InRange(table.Count, 1, 100);
        }
        Span<HotChunk> top = new HotChunk[10];
        Assert.Equal(10, table.TopChunks(300 * Second, top));
        Assert.All(top.ToArray(), chunk => Assert.Equal(7ul, chunk.Inode));
    }

    [Fact]
    public void A_forgotten_file_leaves_nothing_and_its_room_is_used_again()
    {
        Random random = new(5);
        HeatTable table = new(64);
        HashSet<ulong> alive = [];
        for (int i = 0; i < 5_000; i++)
        {
            ulong inode = (ulong)random.Next(12);
            if (random.Next(4) == 0)
            {
                table.Forget(inode);
                alive.Remove(inode);
                Assert.Equal(default, table.Sum(inode, i * Second));
            }
            else
            {
                table.Record(inode, random.Next(5) * 4L * Mi, random.Next(1, 2 * Mi), i * Second);
                alive.Add(inode);
            }
        }
        foreach (ulong inode in alive)
        {
            table.Forget(inode);
        }
        Assert.Equal(0, table.Count);
        Assert.Equal(0, table.TopChunks(0, new HotChunk[4]));
    }

    [Fact]
    public void A_files_heat_is_the_sum_of_its_chunks_and_the_top_is_the_hottest_of_all()
    {
        Random random = new(13);
        HeatTable table = new(4096);
        for (int i = 0; i < 20_000; i++)
        {
            table.Record((ulong)random.Next(8), random.NextInt64(100L * Mi), random.Next(2 * Mi), i / 100 * Second);
        }
        long now = 230 * Second;
        List<HotChunk> all = [];
        for (ulong inode = 0; inode < 8; inode++)
        {
            HotChunk[] chunks = [.. Enumerable.Range(0, 26).Select(chunk => new HotChunk(inode, chunk, table.Get(inode, chunk, now)))];
            Assert.Equal(chunks.Sum(chunk => chunk.Heat.Short), table.Sum(inode, now).Short, 1e-3);
            Assert.Equal(chunks.Sum(chunk => chunk.Heat.Long), table.Sum(inode, now).Long, 1e-3);
            all.AddRange(chunks);
        }
        HotChunk[] top = new HotChunk[20];
        Assert.Equal(20, table.TopChunks(now, top));
        Assert.Equal(all.Select(chunk => chunk.Heat.Rank).OrderDescending().Take(20), top.Select(chunk => chunk.Heat.Rank));
        Assert.All(top, chunk => Assert.Contains(chunk, all));
    }

    [Fact]
    public void Chunks_without_heat_are_not_hot()
    {
        HeatTable table = new(16);
        Read(table, 1, 0, 16 * Mi, Mi, now: 0);
        Assert.Equal(4, table.Count);
        Assert.Equal(0, table.TopChunks(0, new HotChunk[4]));
        Assert.Equal(0, table.TopChunks(0, []));
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        HeatTable table = new(128);
        Read(table, 1, 0, 1024L * Mi, Mi, now: 0); // as much as it may ever remember
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            Read(table, (ulong)i, 0, 16L * Mi, Mi, now: i * Second);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Nothing_is_forgotten_while_it_grows()
    {
        HeatTable table = new(5_000);
        for (ulong inode = 1; inode <= 1_000; inode++)
        {
            Read(table, inode, 0, 12L * Mi, Mi, now: 0);
            Read(table, inode, 0, 12L * Mi, Mi, now: Second);
        }
        Assert.Equal(3_000, table.Count);
        for (ulong inode = 1; inode <= 1_000; inode++)
        {
            double sum = Enumerable.Range(0, 3).Sum(chunk => table.Get(inode, chunk, Second).Long);
            Assert.True(sum > 0);
            Assert.Equal(sum, table.Sum(inode, Second).Long, 6);
        }
        table.Forget(500);
        Assert.Equal(2_997, table.Count);
        Assert.Equal(0, table.Sum(500, Second).Long);
        Assert.True(table.Sum(501, Second).Long > 0);
    }

    private static void Read(HeatTable table, ulong inode, long from, long bytes, int step, long now)
    {
        for (long offset = from; offset < from + bytes; offset += step)
        {
            table.Record(inode, offset, (int)Math.Min(step, from + bytes - offset), now);
        }
    }
}
