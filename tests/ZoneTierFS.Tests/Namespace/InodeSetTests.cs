using Xunit;
using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Tests.Namespace;

public sealed class InodeSetTests
{
    [Fact]
    public void It_holds_what_was_added_near_and_far()
    {
        var set = new InodeSet();
        ulong[] members = [1, 63, 64, 4095, 4096, 1ul << 40, (1ul << 56) - 1];
        foreach (var member in members.Concat(members))
            set.Add(member);
        Assert.All(members, member => Assert.True(set.Contains(member)));
        Assert.All<ulong>([0, 2, 62, 65, 4097, (1ul << 40) + 1, ulong.MaxValue], other => Assert.False(set.Contains(other)));
        Assert.Equal(members, set.Except(new InodeSet()).Order());
    }

    [Fact]
    public void What_another_set_has_is_left_out()
    {
        var (one, other) = (new InodeSet(), new InodeSet());
        foreach (var member in new ulong[] { 1, 2, 5000, 9_000_000 })
            one.Add(member);
        foreach (var member in new ulong[] { 2, 3, 5000 })
            other.Add(member);
        Assert.Equal(new ulong[] { 1, 9_000_000 }, one.Except(other).Order());
    }
}
