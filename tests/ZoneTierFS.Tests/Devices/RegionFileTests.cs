using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Devices;

public sealed class RegionFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_filesystem_without_direct_io_is_opened_buffered()
    {
        var asked = new List<int>();
        var opened = RegionFile.OpenDirectOrBuffered(Open, LibC.O_RDWR, out var direct);
        Assert.True(opened.IsOk);
        opened.Value.Dispose();
        Assert.False(direct);
        Assert.Equal([LibC.O_RDWR | LibC.O_DIRECT, LibC.O_RDWR], asked);

        Result<NativeFile> Open(int flags)
        {
            asked.Add(flags);
            return (flags & LibC.O_DIRECT) != 0 ? Errno.EINVAL : NativeFile.Open(_path, flags);
        }
    }

    [Fact]
    public void Another_failure_to_open_is_not_mistaken_for_missing_direct_io()
    {
        var opened = RegionFile.OpenDirectOrBuffered(_ => Errno.EACCES, LibC.O_RDWR, out _);
        Assert.Equal(Errno.EACCES, opened.Error);
    }

    [Fact]
    public void Unaligned_memory_longer_than_a_bounce_buffer_is_written_and_read_whole()
    {
        var data = new byte[3 * BounceBuffers.BufferSize + 8192];
        new Random(3).NextBytes(data);
        using (var file = RegionFile.Open(_path, readOnly: false, NullLogger.Instance))
        {
            file.Write(data, 4096);
            var read = new byte[data.Length];
            file.Read(read, 4096);
            Assert.Equal(data, read);
        }
        Assert.Equal(data, File.ReadAllBytes(_path).AsSpan(4096).ToArray());
    }

    [Fact]
    public void A_file_that_ends_early_is_an_error_and_not_zeros()
    {
        using var file = RegionFile.Open(_path, readOnly: false, NullLogger.Instance);
        var failure = Assert.Throws<DeviceException>(() => file.Read(new byte[4096], 0));
        Assert.Equal(Errno.EIO, failure.Error);
    }
}
