using Xunit;
using ZoneTierFS.Fuse.Abi;
using ZoneTierFS.Linux;
using static ZoneTierFS.Tests.Fuse.FuseMessages;

namespace ZoneTierFS.Tests.Fuse;

/// <summary>Each opcode's request, as the kernel writes it, with what the filesystem is asked and the bytes that go back.</summary>
public sealed class FuseGoldenTests
{
    private const string Attr =
        "2A00000000000000 3412000000000000 1000000000000000 0100000000000000 0300000000000000 FFFFFFFFFFFFFFFF " +
        "02000000 04000000 FFC99A3B A4810000 02000000 E8030000 D0070000 00000000 00100000 00000000";

    private const string AttrOut = "0100000000000000 0065CD1D 00000000 " + Attr;
    private const string EntryOut = "2A00000000000000 0500000000000000 0200000000000000 0100000000000000 80B2E60E 0065CD1D " + Attr;
    private const string Missing =
        "0000000000000000 0000000000000000 0700000000000000 0000000000000000 00000000 00000000 " + Zero88;

    private const string Zero88 =
        "0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000 " +
        "0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000";

    private const string CopyFrom = "4D00000000000000 0010000000000000 2B00000000000000 4F00000000000000 0020000000000000 ";
    private const string CopyOf1G = CopyFrom + "0000004000000000 0000000000000000";
    private const string CopyOf8G = CopyFrom + "0000000002000000 0000000000000000";

    /// <summary>An ioctl of handle 77, up to the command.</summary>
    private const string Ioctl = "4D00000000000000 00000000 ";
    private const string IoctlOut = "00000000 00000000 00000000 00000000 ";

    private const string Dot = "1100000000000000 0100000000000000 01000000 04000000 2E00000000000000 ";
    private const string Abc = "2A00000000000000 0200000000000000 03000000 08000000 6162630000000000 ";
    private const string Digits = "2A00000000000000 0300000000000000 08000000 08000000 3132333435363738 ";

    [Theory]
    [InlineData(1, "61626300", "lookup 17 abc", EntryOut)]
    [InlineData(1, "2E00", "lookup 17 .", EntryOut)]
    [InlineData(1, "2E2E00", "lookup 17 ..", EntryOut)]
    [InlineData(3, "00000000 00000000 0000000000000000", "getattr 17", AttrOut)]
    [InlineData(5, "", "readlink 17 4096", "746172676574")]
    [InlineData(6, "6100 746F00", "symlink 17 a -> to by 1000:2000:3000", EntryOut)]
    [InlineData(8, "A4110000 03010000 12000000 00000000 6100", "mknod 17 a 11a4 103 by 1000:2000:3000", EntryOut)]
    [InlineData(9, "ED010000 12000000 6100", "mkdir 17 a 1ed by 1000:2000:3000", EntryOut)]
    [InlineData(11, "6100", "rmdir 17 a", "")]
    [InlineData(13, "6300000000000000 6100", "link 99 17 a", EntryOut)]
    [InlineData(17, "", "statfs", "6400000000000000 3200000000000000 2800000000000000 1E00000000000000 1400000000000000 " +
        "00100000 FF000000 00100000 00000000 0000000000000000 0000000000000000 0000000000000000")]
    [InlineData(21, "03000000 01000000 00000000 00000000 757365722E6100 616263", "setxattr 17 user.a=abc 1", "")]
    [InlineData(22, "00000000 00000000 757365722E6100", "getxattr 17 user.a 0", "05000000 00000000")]
    [InlineData(22, "40000000 00000000 757365722E6100", "getxattr 17 user.a 64", "76616C7565")]
    [InlineData(23, "00000000 00000000", "listxattr 17 0", "07000000 00000000")]
    [InlineData(23, "40000000 00000000", "listxattr 17 64", "757365722E6100")]
    [InlineData(24, "757365722E6100", "removexattr 17 user.a", "")]
    [InlineData(27, "00800100 00000000", "", "0000000000000000 00000000 00000000")]
    [InlineData(28, "0000000000000000 0500000000000000 00100000 00000000 0000000000000000 00000000 00000000", "readdir 17 5", Dot + Abc + Digits)]
    [InlineData(28, "0000000000000000 0000000000000000 40000000 00000000 0000000000000000 00000000 00000000", "readdir 17 0", Dot + Abc)]
    [InlineData(29, "0000000000000000 00000000 00000000 0000000000000000", "", "")]
    [InlineData(30, "0000000000000000 01000000 00000000", "fsyncdir 17 data=True", "")]
    [InlineData(38, "", "", "")]
    [InlineData(44, "0000000000000000 0000000000000000 00100000 00000000 0000000000000000 00000000 00000000", "readdir 17 0",
        "0000000000000000 0000000000000000 0000000000000000 0000000000000000 00000000 00000000 " + Zero88 + Dot + EntryOut + Abc + EntryOut + Digits)]
    [InlineData(50, "0000000000000000", "sync", "")]
    public void Names_and_attributes(int opcode, string request, string call, string reply) => AssertServed(opcode, request, call, reply);

    [Theory]
    [InlineData(14, "02C40000 01000000", "open 17 2 kill=True", "4D00000000000000 02000000 00000000")]
    [InlineData(14, "00820000 00000000", "open 17 200 kill=False", "4D00000000000000 22000000 00000000")]
    [InlineData(35, "C2800000 A4810000 12000000 00000000 6100", "create 17 a 81a4 2 by 1000:2000:3000", EntryOut + "4E00000000000000 41000000 00000000")]
    [InlineData(15, "4D00000000000000 0010000000000000 00000200 00000000 0000000000000000 00800000 00000000", "read 17 77 4096 131072", "64617461")]
    [InlineData(16, "4D00000000000000 0010000000000000 03000000 04000000 0000000000000000 01941000 00000000 616263",
        "write 17 77 4096 abc 101001 kill=True", "03000000 00000000")]
    [InlineData(18, "4D00000000000000 00800000 00000000 0000000000000000", "release 17 77", "")]
    [InlineData(20, "4D00000000000000 01000000 00000000", "fsync 17 77 data=True", "")]
    [InlineData(20, "4D00000000000000 00000000 00000000", "fsync 17 77 data=False", "")]
    [InlineData(25, "4D00000000000000 00000000 00000000 0000000000000000", "flush 17 77", "")]
    [InlineData(43, "4D00000000000000 0010000000000000 0020000000000000 03000000 00000000", "fallocate 17 77 4096 8192 3", "")]
    [InlineData(51, "02804000 A4810000 12000000 00000000 2F00", "tmpfile 17 81a4 2 by 1000:2000:3000", EntryOut + "4E00000000000000 41000000 00000000")]
    [InlineData(47, CopyOf1G, "copy 17 77 4096 to 43 79 8192 length 1073741824 by 1000:2000:3000", "00000001 00000000")]
    [InlineData(53, CopyOf1G, "copy 17 77 4096 to 43 79 8192 length 1073741824 by 1000:2000:3000", "0000000100000000")]
    [InlineData(47, CopyOf8G, "copy 17 77 4096 to 43 79 8192 length 4294967295 by 1000:2000:3000", "00000001 00000000")]
    [InlineData(53, CopyOf8G, "copy 17 77 4096 to 43 79 8192 length 8589934592 by 1000:2000:3000", "0000000100000000")]
    [InlineData(46, "4D00000000000000 0010000000000000 03000000 00000000", "lseek 17 77 4096 3", "0020000000000000")]
    public void Open_files(int opcode, string request, string call, string reply) => AssertServed(opcode, request, call, reply);

    [Fact]
    public void A_kernel_that_could_not_map_a_direct_file_gets_a_cached_one()
    {
        using var dispatcher = Dispatcher(new ScriptedFileSystem(), protocol: Protocol with { Flags = Protocol.Flags & ~FuseInitFlags.DirectIoAllowMmap });
        var reply = dispatcher.Dispatch(Request(35, Bytes("C2800000 A4810000 12000000 00000000 6100")));
        Assert.Equal(Reply(EntryOut + "4E00000000000000 00000000 00000000"), Convert.ToHexString(reply.Span));
    }

    [Theory]
    [InlineData(10, "6100", "lookup 17 a; unlink 17 a")]
    [InlineData(12, "6300000000000000 6100 6200", "lookup 99 b; rename 17 a 99 b 0")]
    [InlineData(45, "6300000000000000 00000000 00000000 6100 6200", "lookup 99 b; rename 17 a 99 b 0")]
    [InlineData(45, "6300000000000000 01000000 00000000 6100 6200", "rename 17 a 99 b 1")]
    public void Names_that_go(int opcode, string request, string call) => AssertServed(opcode, request, call, "");

    [Theory]
    [InlineData("01000000", "A4810000", "mode=1a4 uid= gid= size= atime= mtime= ctime= anow=False mnow=False kill=False")]
    [InlineData("06000000", "00000000", "mode= uid=5 gid=6 size= atime= mtime= ctime= anow=False mnow=False kill=False")]
    [InlineData("08080000", "00000000", "mode= uid= gid= size=7 atime= mtime= ctime= anow=False mnow=False kill=True")]
    [InlineData("30040000", "00000000", "mode= uid= gid= size= atime=1000000002 mtime=-999999996 ctime=9223372036854775807 anow=False mnow=False kill=False")]
    [InlineData("B0010000", "00000000", "mode= uid= gid= size= atime= mtime= ctime= anow=True mnow=True kill=False")]
    public void Setattr_takes_the_fields_that_are_valid(string valid, string mode, string changes)
    {
        var request = valid + "00000000 4D00000000000000 0700000000000000 0000000000000000 0100000000000000 FFFFFFFFFFFFFFFF FFFFFFFFFFFFFF7F" +
            "02000000 04000000 05000000" + mode + "00000000 05000000 06000000 00000000";
        AssertServed(4, request, $"setattr 17 handle= {changes} by 1000:2000:3000", AttrOut);
    }

    [Fact]
    public void Setattr_of_an_open_file_brings_its_handle()
    {
        var request = "48000000 00000000 4D00000000000000 0700000000000000";
        var fileSystem = new ScriptedFileSystem();
        using var dispatcher = Dispatcher(fileSystem);
        dispatcher.Dispatch(Request(4, [.. Bytes(request), .. new byte[88 - 24]]));
        Assert.StartsWith("setattr 17 handle=77 mode= uid= gid= size=7 ", fileSystem.Calls, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_conversation_byte_by_byte()
    {
        var request = "2C000000 01000000 2200000000000000 1100000000000000 E8030000 D0070000 B80B0000 0000 0000 61626300";
        var reply = "90000000 00000000 2200000000000000" + EntryOut;
        using var dispatcher = Dispatcher(new ScriptedFileSystem());
        Assert.Equal(Bytes(reply), dispatcher.Dispatch(Bytes(request)).ToArray());
    }

    [Fact]
    public void A_missing_name_may_be_remembered()
    {
        using var dispatcher = Dispatcher(new ScriptedFileSystem { Error = Errno.ENOENT });
        Assert.Equal(Reply(Missing), Convert.ToHexString(dispatcher.Dispatch(Request(1, Bytes("6100"))).Span));
        using var forgetful = Dispatcher(new ScriptedFileSystem { Error = Errno.ENOENT }, Options with { MissingTimeout = TimeSpan.Zero });
        Assert.Equal(Reply(Errno.ENOENT), Convert.ToHexString(forgetful.Dispatch(Request(1, Bytes("6100"))).Span));
    }

    [Theory]
    [InlineData(8, "A4110000 03010000 12000000 00000000 6100", "mknod 17 a 11a4 103 by 1000:2000:3000 umask=12")]
    [InlineData(9, "ED010000 12000000 6100", "mkdir 17 a 1ed by 1000:2000:3000 umask=12")]
    [InlineData(35, "C2800000 A4810000 12000000 00000000 6100", "create 17 a 81a4 2 by 1000:2000:3000 umask=12")]
    public void The_umask_is_the_filesystem_s_where_that_was_agreed(int opcode, string request, string call)
    {
        var fileSystem = new ScriptedFileSystem();
        using var dispatcher = Dispatcher(fileSystem, protocol: Protocol with { Flags = Protocol.Flags | FuseInitFlags.DontMask });
        dispatcher.Dispatch(Request(opcode, Bytes(request)));
        Assert.Equal(call, fileSystem.Calls);
    }

    [Fact]
    public void A_list_may_cost_the_set_group_id_bit()
    {
        var fileSystem = new ScriptedFileSystem();
        using var dispatcher = Dispatcher(fileSystem);
        dispatcher.Dispatch(Request(21, Bytes("03000000 00000000 01000000 00000000 757365722E6100 616263")));
        Assert.Equal("setxattr 17 user.a=abc 0 kill", fileSystem.Calls);
    }

    [Fact]
    public void An_open_that_moves_the_access_time_makes_the_kernel_forget_the_attributes_first()
    {
        var fileSystem = new ScriptedFileSystem { MovesAccessTime = true };
        using var dispatcher = Dispatcher(fileSystem);
        dispatcher.Dispatch(Request(14, Bytes("00800000 00000000")));
        var expected = "28000000 02000000 0000000000000000 1100000000000000 FFFFFFFFFFFFFFFF 0000000000000000";
        Assert.Equal(Convert.ToHexString(Bytes(expected)), Convert.ToHexString(dispatcher.Notice.Span));
        dispatcher.Dispatch(Request(3, Bytes("00000000 00000000 0000000000000000")));
        Assert.True(dispatcher.Notice.IsEmpty);
    }

    [Fact]
    public void Before_its_extension_setxattr_has_a_shorter_header()
    {
        var fileSystem = new ScriptedFileSystem();
        using var dispatcher = Dispatcher(fileSystem, protocol: Protocol with { Flags = default });
        dispatcher.Dispatch(Request(21, Bytes("03000000 02000000 757365722E6100 616263")));
        Assert.Equal("setxattr 17 user.a=abc 2", fileSystem.Calls);
    }

    [Theory]
    [InlineData(31)] // GETLK, and the setters: the kernel keeps locks itself
    [InlineData(32)]
    [InlineData(34)] // ACCESS: default_permissions
    [InlineData(37)]
    [InlineData(40)]
    [InlineData(52)] // STATX: what it has beyond GETATTR the kernel does not pass on
    [InlineData(4711)]
    public void What_is_not_served_is_said_so(int opcode) => AssertServed(opcode, "", "", Errno.ENOSYS);

    [Theory]
    [InlineData("01660880 0000000000000000 00000000 04000000", "getflags 17", IoctlOut + "10000000")]
    [InlineData("02660840 0000000000000000 04000000 00000000 10000000", "setflags 17 10", IoctlOut)]
    [InlineData("1F581C80 0000000000000000 00000000 1C000000", "getflags 17", IoctlOut + "08000000 00000000 00000000 00000000 00000000 0000000000000000")]
    [InlineData("20581C40 0000000000000000 1C000000 00000000 08000000 00000000 07000000 00000000 00000000 0000000000000000", "setflags 17 10", IoctlOut)]
    [InlineData("20581C40 0000000000000000 1C000000 00000000 00000000 00000000 00000000 00000000 00000000 0000000000000000", "setflags 17 0", IoctlOut)]
    public void Flags_are_read_and_set_by_ioctl(string request, string call, string reply) => AssertServed(39, Ioctl + request, call, reply);

    [Theory]
    [InlineData("01540000 0000000000000000 00000000 00000000", Errno.ENOTTY)] // TCGETS
    [InlineData("02660440 0000000000000000 04000000 00000000 10000000", Errno.ENOTTY)] // FS_IOC_SETFLAGS for 32 bits, unchecked by the kernel
    [InlineData("02660840 0000000000000000 04000000 00000000 1000", Errno.EINVAL)]
    [InlineData("01660880 0000000000000000 00000000 03000000", Errno.EINVAL)] // no room for the answer
    [InlineData("1F581C80 0000000000000000 00000000 1B000000", Errno.EINVAL)]
    [InlineData("20581C40 0000000000000000 1C000000 00000000 10000000 00000000 00000000 00000000 00000000 0000000000000000", Errno.EOPNOTSUPP)]
    [InlineData("20581C40 0000000000000000 1C000000 00000000 08000000 00000000 00000000 01000000 00000000 0000000000000000", Errno.EOPNOTSUPP)]
    public void Other_ioctls_are_refused(string request, Errno error) => AssertServed(39, Ioctl + request, "", error);

    private static void AssertServed(int opcode, string request, string call, string reply)
    {
        var fileSystem = new ScriptedFileSystem();
        using var dispatcher = Dispatcher(fileSystem);
        var actual = dispatcher.Dispatch(Request(opcode, Bytes(request)));
        Assert.Equal(call, fileSystem.Calls);
        Assert.Equal(Reply(reply), Convert.ToHexString(actual.Span));
    }

    private static void AssertServed(int opcode, string request, string call, Errno error)
    {
        var fileSystem = new ScriptedFileSystem();
        using var dispatcher = Dispatcher(fileSystem);
        var actual = dispatcher.Dispatch(Request(opcode, Bytes(request)));
        Assert.Equal(call, fileSystem.Calls);
        Assert.Equal(Reply(error), Convert.ToHexString(actual.Span));
    }
}
