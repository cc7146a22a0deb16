using System.Runtime.InteropServices;
using Xunit;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Fuse;
using static ZoneTierFS.Tests.Fuse.FuseMessages;

namespace ZoneTierFS.Tests.Fuse;

public sealed class FuseProtocolTests
{
    /// <summary>A present kernel: 7.45, 128 KiB of read-ahead, every flag that it knows.</summary>
    private const string Present = "07000000 2D000000 00000200 FBFFFF7F FFFFFFFF" + Unused;

    /// <summary>What follows the second word of flags in the kernel's struct.</summary>
    private const string Unused = "00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000";

    [Fact]
    public void A_present_kernel_is_asked_for_what_is_used()
    {
        Assert.True(FuseProtocol.TryNegotiate(Bytes(Present), false, out var reply, out var agreed));
        var expected = "07000000 2D000000 00000200 39E0E472 4000 3000 00001000 01000000 0001 0000 10000000 " +
            "00000000 00000000 00000000 00000000 00000000 00000000 00000000";
        Assert.Equal(Convert.ToHexString(Bytes(expected)), Convert.ToHexString(MemoryMarshal.AsBytes(new ReadOnlySpan<FuseInitOut>(ref reply))));
        Assert.NotNull(agreed);
        Assert.Equal(1 << 20, agreed.MaxIoBytes);
        Assert.True(agreed.HasSetXattrExt);
    }

    /// <summary>
    /// INIT as Linux 5.15, 6.1 and 6.18 send it; the last as it was read from /dev/fuse. 5.15 ends behind the first word of flags, and no kernel before
    /// 6.6 maps files that bypass the cache.
    /// </summary>
    [Theory]
    [InlineData("07000000 22000000 00000200 FBFFFF33", 34, "39E0E432 00000000", false)]
    [InlineData("07000000 25000000 00000200 FBFFFF73 01000000" + Unused, 37, "39E0E472 00000000", false)]
    [InlineData("07000000 2D000000 00000200 FBFFFF73 FD050000" + Unused, 45, "39E0E472 10000000", true)]
    public void Each_kernel_is_asked_for_what_it_has(string request, uint minor, string flags, bool allowsDirectIo)
    {
        Assert.True(FuseProtocol.TryNegotiate(Bytes(request), false, out var reply, out var agreed));
        Assert.Equal(minor, agreed!.KernelMinor);
        var asked = MemoryMarshal.AsBytes<uint>([reply.Flags, reply.Flags2]);
        Assert.Equal(Convert.ToHexString(Bytes(flags)), Convert.ToHexString(asked));
        Assert.Equal((uint)agreed.Flags, reply.Flags);
        Assert.Equal(allowsDirectIo, agreed.AllowsDirectIo);
        Assert.True(agreed.HasSetXattrExt);
        Assert.Equal(1 << 20, agreed.MaxIoBytes);
        Assert.Equal((1u << 20, (ushort)256, 128u << 10), (reply.MaxWrite, reply.MaxPages, reply.MaxReadAhead));
    }

    [Theory]
    [InlineData(FuseInitFlags.PosixLocks)] // the kernel locks for one host by itself
    [InlineData(FuseInitFlags.FlockLocks)]
    [InlineData(FuseInitFlags.WritebackCache)]
    [InlineData(FuseInitFlags.AutoInvalidateData)] // it would drop the cache after each write
    public void Some_offers_are_not_taken(object flag)
    {
        Assert.True(FuseProtocol.TryNegotiate(Bytes(Present), false, out _, out var agreed));
        Assert.Equal(FuseInitFlags.None, agreed!.Flags & (FuseInitFlags)flag);
    }

    [Fact]
    public void Access_control_lists_come_with_the_umask_where_the_filesystem_keeps_them()
    {
        const FuseInitFlags Both = FuseInitFlags.PosixAcl | FuseInitFlags.DontMask;
        Assert.True(FuseProtocol.TryNegotiate(Bytes(Present), true, out var reply, out var agreed));
        Assert.Equal(Both, agreed!.Flags & Both);
        Assert.Equal((uint)Both, reply.Flags & (uint)Both);
        Assert.True(agreed.HasDontMask);
        Assert.True(FuseProtocol.TryNegotiate(Bytes(Present), false, out _, out var without));
        Assert.Equal(FuseInitFlags.None, without!.Flags & Both);
    }

    [Fact]
    public void A_kernel_that_offers_little_gets_along()
    {
        Assert.True(FuseProtocol.TryNegotiate(Bytes("07000000 17000000 00000200 01000000"), false, out var reply, out var agreed));
        Assert.Equal(FuseInitFlags.AsyncRead, agreed!.Flags);
        Assert.Equal(128 * 1024, agreed.MaxIoBytes);
        Assert.Equal(128u * 1024, reply.MaxWrite);
        Assert.Equal(0u, reply.Flags2);
        Assert.False(agreed.HasSetXattrExt);
    }

    [Fact]
    public void The_second_word_of_flags_counts_only_where_announced()
    {
        Assert.True(FuseProtocol.TryNegotiate(Bytes("07000000 2D000000 00000200 01000000 FFFFFFFF"), false, out _, out var agreed));
        Assert.Equal(FuseInitFlags.AsyncRead, agreed!.Flags);
    }

    [Fact]
    public void A_newer_major_version_is_asked_to_step_down()
    {
        Assert.True(FuseProtocol.TryNegotiate(Bytes("08000000 00000000 00000200 00000000"), false, out var reply, out var agreed));
        Assert.Null(agreed);
        Assert.Equal(7u, reply.Major);
    }

    [Theory]
    [InlineData("07000000 16000000 00000200 00000000")] // 7.22
    [InlineData("06000000 2D000000 00000200 00000000")]
    [InlineData("07000000 2D000000 00000200")]
    [InlineData("")]
    public void A_kernel_that_is_too_old_or_damaged_is_refused(string request) =>
        Assert.False(FuseProtocol.TryNegotiate(Bytes(request), false, out _, out _));
}
