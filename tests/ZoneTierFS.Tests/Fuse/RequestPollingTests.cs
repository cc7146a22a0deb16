using Xunit;
using ZoneTierFS.Fuse;

namespace ZoneTierFS.Tests.Fuse;

/// <summary>Polling goes on while it pays, stops soon when it does not, and is tried again now and then.</summary>
public sealed class RequestPollingTests
{
    private const int Tries = 100;

    [Fact]
    public void It_is_tried_rarely_until_it_pays()
    {
        var polling = new RequestPolling(Tries, processors: 2);
        Assert.Equal(1, Begun(polling, requests: 30));
        polling.End(found: true);
        Assert.True(polling.TryBegin());
    }

    [Fact]
    public void It_stops_when_nothing_comes_in_time()
    {
        var polling = new RequestPolling(Tries, processors: 2);
        Assert.Equal(1, Begun(polling, requests: 30));
        polling.End(found: true);
        var misses = 0;
        while (polling.TryBegin())
        {
            polling.End(found: false);
            Assert.InRange(++misses, 1, 20);
        }
        Assert.Equal(1, Begun(polling, requests: 20)); // and goes on as before
    }

    [Fact]
    public void One_worker_polls_at_a_time()
    {
        var polling = new RequestPolling(Tries, processors: 2);
        Assert.Equal(1, Begun(polling, requests: 30));
        Assert.False(polling.TryBegin());
        polling.End(found: true);
        Assert.True(polling.TryBegin());
        Assert.False(polling.TryBegin());
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(Tries, 1)]
    public void It_can_be_without_use(int tries, int processors) => Assert.Equal(0, Begun(new RequestPolling(tries, processors), requests: 100));

    /// <summary>How often it began, the last time without an end.</summary>
    private static int Begun(RequestPolling polling, int requests) => Enumerable.Range(0, requests).Count(_ => polling.TryBegin());
}
