using Xunit;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Linux;

public sealed class ReservedMemoryTests
{
    [Fact]
    public void Begins_as_zeros_keeps_bytes_and_forgets_them_on_discard()
    {
        using var memory = new ReservedMemory(1L << 40);
        var far = (1L << 40) - 8192;
        Assert.False(memory.Slice(far, 8192).ContainsAnyExcept((byte)0));
        memory.Slice(far, 8192).Fill(7);
        memory.Discard(far, 4096);
        Assert.False(memory.Slice(far, 4096).ContainsAnyExcept((byte)0));
        Assert.False(memory.Slice(far + 4096, 4096).ContainsAnyExcept((byte)7));
    }

    [Fact]
    public void Refuses_what_is_outside_and_any_use_after_its_end()
    {
        var memory = new ReservedMemory(8192);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Slice(4096, 4097).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Slice(-1, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Discard(8192, 4096));
        memory.Dispose();
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Slice(0, 1).Length);
    }
}
