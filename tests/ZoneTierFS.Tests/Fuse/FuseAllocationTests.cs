using Xunit;
using ZoneTierFS.Fuse;
using ZoneTierFS.Fuzz;

using static ZoneTierFS.Tests.Fuse.FuseMessages;

namespace ZoneTierFS.Tests.Fuse;

/// <summary>The requests of the hot paths take nothing from the garbage collector's heap.</summary>
public sealed class FuseAllocationTests
{
    private const int Attempts = 5;

    [Theory]
    [InlineData(1, "61626300")]
    [InlineData(1, "616200")] // not found
    [InlineData(2, "0100000000000000")]
    [InlineData(3, "00000000 00000000 0000000000000000")]
    [InlineData(15, "4D00000000000000 0010000000000000 00001000 00000000 0000000000000000 00800000 00000000")]
    [InlineData(16, "4D00000000000000 0010000000000000 03000000 04000000 0000000000000000 01941000 00000000 616263")]
    [InlineData(14, "00800000 00000000")]
    [InlineData(18, "4D00000000000000 00800000 00000000 0000000000000000")]
    [InlineData(22, "40000000 00000000 757365722E6100")]
    [InlineData(44, "0000000000000000 0000000000000000 00100000 00000000 0000000000000000 00000000 00000000")]
    public void A_request_is_answered_without_allocation(int opcode, string body)
    {
        var request = Request(opcode, Bytes(body));
        using var dispatcher = Dispatcher(new NullFileSystem());
        // The first calls bring in code and statics.
        for (var round = 0; round < 100; round++)
            dispatcher.Dispatch(request);
        // A collection that other tests cause can count what a thread has left of its memory; what a request allocates would be there each time.
        Assert.Equal(0, Enumerable.Range(0, Attempts).Min(_ => Allocated(dispatcher, request)));
    }

    private static long Allocated(FuseDispatcher dispatcher, byte[] request)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1000; round++)
            dispatcher.Dispatch(request);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
