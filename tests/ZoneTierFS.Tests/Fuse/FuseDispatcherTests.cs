using Xunit;
using ZoneTierFS.Fuse;
using ZoneTierFS.Fuzz;
using ZoneTierFS.Linux;
using static ZoneTierFS.Tests.Fuse.FuseMessages;

namespace ZoneTierFS.Tests.Fuse;

/// <summary>Errors, damaged requests, bugs, and files that are unlinked.</summary>
public sealed class FuseDispatcherTests
{
    private const string CopyTo = "4D00000000000000 0010000000000000 2B00000000000000 4F00000000000000 ";

    private readonly ScriptedFileSystem _fileSystem = new();

    [Theory]
    [InlineData(Errno.EIO)]
    [InlineData(Errno.ENOSPC)]
    [InlineData(Errno.ENOTEMPTY)]
    public void The_filesystems_error_goes_back_alone(Errno error)
    {
        _fileSystem.Error = error;
        Assert.Equal(Reply(error), Answer(11, "6100"));
        Assert.Equal(Reply(error), Answer(3, ""));
        Assert.Equal(Reply(error), Answer(22, "40000000 00000000 757365722E6100"));
    }

    [Theory]
    [InlineData(65536, Errno.Ok)]
    [InlineData(65537, Errno.E2BIG)]
    public void An_attribute_longer_than_any_is_refused_before_the_filesystem(int length, Errno expected)
    {
        var arguments = $"{Convert.ToHexString(BitConverter.GetBytes(length))} 00000000 00000000 00000000 757365722E6100";
        Assert.Equal(Reply(expected), Answer(21, arguments + string.Concat(Enumerable.Repeat("00", length))));
    }

    [Fact]
    public void Never_ask_again_is_not_passed_on()
    {
        _fileSystem.Error = Errno.ENOSYS;
        Assert.Equal(Reply(Errno.EOPNOTSUPP), Answer(20, "4D00000000000000 00000000 00000000"));
    }

    [Fact]
    public void An_inode_that_is_gone_makes_the_kernel_look_its_name_up_again()
    {
        _fileSystem.Error = Errno.ENOENT;
        Assert.Equal(Reply(Errno.ESTALE), Answer(3, ""));
        Assert.Equal(Reply(Errno.ESTALE), Answer(14, "00800000 00000000"));
        Assert.Equal(Reply(Errno.ENOENT), Answer(11, "6100"));
    }

    [Theory]
    [InlineData(1, "616263")] // no terminator
    [InlineData(1, "00")] // empty
    [InlineData(1, "612F6200")] // a/b
    [InlineData(9, "ED010000 12000000 2E00")] // .
    [InlineData(9, "ED010000 12000000 2E2E00")] // ..
    [InlineData(4, "01000000 00000000")]
    [InlineData(6, "6100 746F")]
    [InlineData(8, "A4110000")]
    [InlineData(12, "6300000000000000 6100 62")]
    [InlineData(14, "00")]
    [InlineData(16, "4D00000000000000 0010000000000000 04000000 00000000 0000000000000000 00000000 00000000 616263")] // 4 bytes said, 3 there
    [InlineData(16, "4D00000000000000 FEFFFFFFFFFFFF7F 03000000 00000000 0000000000000000 00000000 00000000 616263")] // beyond the last offset
    [InlineData(21, "FFFFFFFF 00000000 00000000 00000000 757365722E6100 616263")]
    [InlineData(21, "00000000 00000000 00000000 00000000 00")]
    [InlineData(43, "4D00000000000000 0000000000000080 0020000000000000 00000000 00000000")]
    [InlineData(43, "4D00000000000000 FFFFFFFFFFFFFF7F 0100000000000000 00000000 00000000")]
    [InlineData(46, "4D00000000000000 0000000000000000")]
    [InlineData(39, "4D00000000000000 00000000 01660880")]
    [InlineData(47, CopyTo + "0020000000000000 00100000000000")]
    [InlineData(47, CopyTo + "0020000000000000 0010000000000000 0100000000000000")] // no flags are defined
    [InlineData(53, CopyTo + "FFFFFFFFFFFFFF7F 0100000000000000 0000000000000000")]
    [InlineData(51, "02804000 A4810000")]
    public void A_damaged_request_is_refused_before_the_filesystem(int opcode, string request)
    {
        Assert.Equal(Reply(Errno.EINVAL), Answer(opcode, request));
        Assert.Empty(_fileSystem.Calls);
    }

    [Fact]
    public void Before_the_start_of_a_file_nothing_is_found()
    {
        Assert.Equal(Reply(Errno.ENXIO), Answer(46, "4D00000000000000 FFFFFFFFFFFFFFFF 03000000 00000000"));
        Assert.Empty(_fileSystem.Calls);
    }

    [Fact]
    public void A_read_longer_than_agreed_is_refused()
    {
        Assert.Equal(Reply(Errno.EINVAL), Answer(15, ReadOf("01001000")));
        Assert.Equal(Reply("64617461"), Answer(15, ReadOf("00001000")));
    }

    [Fact]
    public void A_request_whose_length_does_not_fit_is_refused()
    {
        using var dispatcher = Dispatcher(_fileSystem);
        var tooLong = Request(1, Bytes("6100"));
        tooLong[0]++;
        Assert.Equal(Reply(Errno.EINVAL), Convert.ToHexString(dispatcher.Dispatch(tooLong).Span));
        var extensionsBeyondHeader = Request(1, Bytes("6100"));
        extensionsBeyondHeader[36] = 1;
        Assert.Equal(Reply(Errno.EINVAL), Convert.ToHexString(dispatcher.Dispatch(extensionsBeyondHeader).Span));
        Assert.True(dispatcher.Dispatch(new byte[39]).IsEmpty);
        Assert.Empty(_fileSystem.Calls);
    }

    [Fact]
    public void Extensions_behind_the_arguments_are_passed_over()
    {
        using var dispatcher = Dispatcher(_fileSystem);
        var request = Request(21, Bytes("03000000 00000000 00000000 00000000 757365722E6100 616263 0800000000000000"));
        request[36] = 1;
        dispatcher.Dispatch(request);
        Assert.Equal("setxattr 17 user.a=abc 0", _fileSystem.Calls);
    }

    [Fact]
    public void A_value_that_does_not_fit_is_a_range_error()
    {
        Assert.Equal(Reply(Errno.ERANGE), Answer(22, "04000000 00000000 757365722E6100"));
        Assert.Equal(Reply(Errno.ERANGE), Answer(23, "06000000 00000000"));
    }

    [Fact]
    public void Room_for_no_entry_is_not_the_end_of_a_listing() =>
        Assert.Equal(Reply(Errno.EINVAL), Answer(28, "0000000000000000 0000000000000000 10000000 00000000 0000000000000000 00000000 00000000"));

    [Fact]
    public void A_late_answer_is_waited_for()
    {
        _fileSystem.IsSlow = true;
        Assert.Equal(Reply("64617461"), Answer(15, ReadOf("00100000")));
        Assert.Equal(Reply(""), Answer(20, "4D00000000000000 00000000 00000000"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_bug_is_an_io_error_and_told_to_the_host(bool late)
    {
        var bugs = new List<Exception>();
        _fileSystem.IsSlow = late;
        _fileSystem.Bug = new InvalidOperationException("planted");
        using var dispatcher = Dispatcher(_fileSystem, new FuseOptions { OnBug = bugs.Add });
        Assert.Equal(Reply(Errno.EIO), Convert.ToHexString(dispatcher.Dispatch(Request(3, [])).Span));
        var release = Request(18, Bytes("4D00000000000000 00000000 00000000 0000000000000000"));
        Assert.Equal(Reply(Errno.EIO), Convert.ToHexString(dispatcher.Dispatch(release).Span));
        Assert.Equal(["planted", "planted"], bugs.Select(bug => bug.Message));
    }

    [Fact]
    public void A_write_brings_page_aligned_data_where_the_request_starts_80_bytes_before_a_page()
    {
        using var memory = new AlignedMemory(8192);
        var request = memory.Memory[(4096 - 80)..];
        Request(16, Bytes("4D00000000000000 0010000000000000 03000000 00000000 0000000000000000 00000000 00000000 616263")).CopyTo(request);
        var fileSystem = new NullFileSystem();
        using var dispatcher = Dispatcher(fileSystem);
        dispatcher.Dispatch(request[..83]);
        Assert.True(fileSystem.LastBuffer != 0 && fileSystem.LastBuffer % 4096 == 0);
        dispatcher.Dispatch(Request(15, Bytes(ReadOf("00100000"))));
        Assert.True(fileSystem.LastBuffer != 0 && fileSystem.LastBuffer % 4096 == 0);
    }

    [Fact]
    public void Requests_that_want_no_reply_get_none()
    {
        using var dispatcher = Dispatcher(_fileSystem);
        Assert.True(dispatcher.Dispatch(Request(2, Bytes("0100000000000000"))).IsEmpty);
        Assert.True(dispatcher.Dispatch(Request(36, Bytes("2100000000000000"))).IsEmpty);
        Assert.True(dispatcher.Dispatch(Request(42, Bytes("01000000 00000000 1100000000000000 0100000000000000"))).IsEmpty);
        Assert.True(dispatcher.Dispatch(Request(42, Bytes("FFFFFFFF 00000000 1100000000000000"))).IsEmpty);
        Assert.Empty(_fileSystem.Calls);
    }

    [Fact]
    public void A_file_that_lost_its_last_name_is_held_until_the_kernel_forgets_it()
    {
        _fileSystem.Found = ScriptedFileSystem.Status with { LinkCount = 1 };
        using var dispatcher = Dispatcher(_fileSystem);
        dispatcher.Dispatch(Request(10, Bytes("6100")));
        Assert.Equal("lookup 17 a; open 42 40000 kill=False; unlink 17 a", _fileSystem.Calls);
        dispatcher.Dispatch(Request(42, Bytes("02000000 00000000 2B00000000000000 0100000000000000 2A00000000000000 0100000000000000")));
        Assert.EndsWith("unlink 17 a; release 42 77", _fileSystem.Calls, StringComparison.Ordinal);
        dispatcher.Dispatch(Request(42, Bytes("01000000 00000000 2A00000000000000 0100000000000000")));
        Assert.EndsWith("unlink 17 a; release 42 77", _fileSystem.Calls, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_another_replaces_is_held()
    {
        _fileSystem.Found = ScriptedFileSystem.Status with { LinkCount = 1 };
        Answer(12, "6300000000000000 6100 6200");
        Assert.Equal("lookup 99 b; open 42 40000 kill=False; rename 17 a 99 b 0", _fileSystem.Calls);
    }

    [Theory]
    [InlineData(10, "6100", "unlink", "lookup 17 a; open 42 40000 kill=False; unlink 17 a; release 42 77")]
    [InlineData(12, "6300000000000000 6100 6200", "rename", "lookup 99 b; open 42 40000 kill=False; rename 17 a 99 b 0; release 42 77")]
    public void A_file_that_keeps_its_name_after_all_is_not_held(int opcode, string request, string failing, string calls)
    {
        _fileSystem.Found = ScriptedFileSystem.Status with { LinkCount = 1 };
        (_fileSystem.Error, _fileSystem.ErrorCalls) = (Errno.EIO, failing);
        Assert.Equal(Reply(Errno.EIO), Answer(opcode, request));
        Assert.Equal(calls, _fileSystem.Calls);
    }

    [Fact]
    public async Task Files_still_held_are_released_with_the_mount()
    {
        _fileSystem.Found = ScriptedFileSystem.Status with { LinkCount = 1 };
        var unlinked = new UnlinkedFiles(_fileSystem);
        Assert.Equal(Errno.Ok, await unlinked.UnlinkAsync(17, "a"u8.ToArray()));
        await unlinked.ForgetAllAsync();
        await unlinked.ForgetAllAsync();
        Assert.Equal("lookup 17 a; open 42 40000 kill=False; unlink 17 a; release 42 77", _fileSystem.Calls);
    }

    private static string ReadOf(string size) => $"4D00000000000000 0010000000000000 {size} 00000000 0000000000000000 00800000 00000000";

    private string Answer(int opcode, string request)
    {
        using var dispatcher = Dispatcher(_fileSystem);
        return Convert.ToHexString(dispatcher.Dispatch(Request(opcode, Bytes(request))).Span);
    }
}
