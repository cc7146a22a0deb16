using Xunit;
using ZoneTierFS.Engine.Scheduling;

namespace ZoneTierFS.Tests.Scheduling;

public class TokenBucketTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void A_burst_passes_at_once_and_then_the_rate_holds()
    {
        TokenBucket bucket = new(1000, 500, nowNanoseconds: 7);
        Assert.True(bucket.TryTake(500, 7));
        Assert.False(bucket.TryTake(1, 7));
        Assert.Equal(Second / 1000, bucket.Wait(1, 7));
        Assert.Equal(Second / 4, bucket.Wait(250, 7));
        Assert.False(bucket.TryTake(250, 6 + (Second / 4)));
        Assert.True(bucket.TryTake(250, 7 + (Second / 4)));
    }

    [Fact]
    public void A_rest_fills_the_bucket_no_further_than_the_burst()
    {
        TokenBucket bucket = new(1000, 500, 0);
        Assert.True(bucket.TryTake(500, 3600 * Second));
        Assert.False(bucket.TryTake(1, 3600 * Second));
    }

    [Fact]
    public void A_request_beyond_the_burst_waits_for_a_full_bucket_and_is_paid_off()
    {
        TokenBucket bucket = new(1000, 500, 0);
        Assert.True(bucket.TryTake(2500, 0));
        Assert.Equal(2 * Second + (Second / 1000), bucket.Wait(1, 0));
        Assert.True(bucket.TryTake(500, (long)(2.5 * Second)));
    }

    [Fact]
    public void Rate_zero_lets_nothing_pass()
    {
        TokenBucket bucket = new(0, 1 << 20, 0);
        Assert.False(bucket.TryTake(1, long.MaxValue));
        Assert.Equal(long.MaxValue, bucket.Wait(1, 0));
        Assert.True(bucket.TryTake(0, 0));
    }

    [Fact]
    public void It_never_exceeds_the_rate_and_never_wastes_it()
    {
        Random random = new(29);
        for (int round = 0; round < 200; round++)
        {
            long rate = random.NextInt64(1, 1L << 32);
            long burst = random.NextInt64(1, 1L << 24);
            long start = random.NextInt64(1L << 50);
            TokenBucket bucket = new(rate, burst, start);
            long now = start;
            Int128 taken = 0;
            for (int i = 0; i < 300; i++)
            {
                long bytes = random.NextInt64(1, burst + 1);
                long wait = bucket.Wait(bytes, now);
                Assert.Equal(wait == 0, bucket.TryTake(bytes, now));
                if (wait > 0)
                {
                    Assert.False(bucket.TryTake(bytes, now + wait - 1));
                    now += wait;
                    Assert.True(bucket.TryTake(bytes, now));
                }
                taken += bytes;
                // The clock's grain is the only slack: what the rate lets pass in one nanosecond.
                Int128 allowed = burst + (((Int128)(now - start + 1) * rate) / Second) + 1;
                Assert.True(taken <= allowed, $"{taken} bytes taken where {allowed} are allowed");
            }
        }
    }
}
