using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Conformance;

/// <summary>Ranges of files: allocation, holes, and where data begins and ends.</summary>
public abstract partial class PosixConformance
{
    private const int KeepSize = 1;
    private const int PunchHole = 2;
    private const int CollapseRange = 8;
    private const int ZeroRange = 0x10;
    private const int InsertRange = 0x20;
    private const int UnshareRange = 0x40;

    [Theory]
    [InlineData(PunchHole | KeepSize, 300_000)]
    [InlineData(ZeroRange | KeepSize, 300_000)]
    [InlineData(ZeroRange, 350_000)]
    public void A_range_is_cleared_whether_it_was_stored_or_not_and_beyond_the_end(int mode, int sizeAfter)
    {
        var expected = Noise(300_000, seed: 40);
        using var file = PosixFile.Create(In("f"));
        file.WriteAt(expected.AsSpan(0, 150_000), 0);
        file.Fsync();
        file.WriteAt(expected.AsSpan(150_000), 150_000); // not yet stored
        Assert.Equal((Errno)0, file.Allocate(mode, 100_001, 249_999));
        Assert.Equal(sizeAfter, file.Status().st_size);
        Array.Resize(ref expected, sizeAfter);
        expected.AsSpan(100_001, 199_999).Clear();
        Assert.Equal(expected, file.ReadAt(sizeAfter + 1, 0));
        file.DropCache();
        Assert.Equal(expected, file.ReadAt(sizeAfter + 1, 0));
        Assert.Equal((Errno)0, file.Allocate(mode & ~KeepSize & ~ZeroRange | KeepSize, 400_000, 100)); // wholly beyond: nothing to clear
        Assert.Equal(sizeAfter, file.Status().st_size);
    }

    [Fact]
    public void A_small_range_within_a_block_is_cleared_alone()
    {
        var expected = Noise(12_288, seed: 41);
        using var file = PosixFile.Create(In("f"));
        file.WriteAt(expected, 0);
        Assert.Equal((Errno)0, file.Allocate(PunchHole | KeepSize, 5_000, 10));
        expected.AsSpan(5_000, 10).Clear();
        Assert.Equal(expected, file.ReadAt(20_000, 0));
    }

    [Theory]
    [InlineData(CollapseRange)]
    [InlineData(InsertRange)]
    [InlineData(UnshareRange)]
    [InlineData(PunchHole)] // without KEEP_SIZE
    public void Other_ways_to_allocate_are_refused_and_change_nothing(int mode)
    {
        using var file = PosixFile.Create(In("f"));
        file.WriteAt(Noise(20_000, seed: 42), 0);
        Assert.Equal(Errno.EOPNOTSUPP, file.Allocate(mode, 0, 8_192));
        Assert.Equal(Noise(20_000, seed: 42), file.ReadAt(30_000, 0));
    }

    [Fact]
    public void Allocation_refuses_ranges_that_are_none()
    {
        using var file = PosixFile.Create(In("f"));
        Assert.Equal(Errno.EINVAL, file.Allocate(0, 0, 0));
        Assert.Equal(Errno.EINVAL, file.Allocate(0, -1, 10));
        Assert.Equal(Errno.EFBIG, file.Allocate(0, long.MaxValue - 10, 11));
        using var reader = PosixFile.Open(In("f"), OpenFlags.O_RDONLY);
        Assert.Equal(Errno.EBADF, reader.Allocate(0, 0, 10));
    }

    [Fact]
    public void Data_that_is_not_yet_stored_is_data()
    {
        using var file = PosixFile.Create(In("f"));
        file.WriteAt(Noise(4_096, seed: 43), 4 * MiB);
        file.WriteAt("x"u8, 8 * MiB + 100);
        Assert.Equal(4 * MiB, file.Seek(0, SeekData));
        Assert.Equal(0, file.Seek(0, SeekHole));
        Assert.Equal(4 * MiB + 10, file.Seek(4 * MiB + 10, SeekData));
        Assert.Equal(4 * MiB + 4_096, file.Seek(4 * MiB + 10, SeekHole));
        Assert.Equal(8 * MiB, file.Seek(5 * MiB, SeekData));
        Assert.Equal(8 * MiB + 101, file.Seek(8 * MiB + 100, SeekHole)); // the end is a hole
    }

    [Fact]
    public void At_and_beyond_the_end_there_is_neither_data_nor_hole()
    {
        using var file = PosixFile.Create(In("f"));
        Assert.Equal(-(long)Errno.ENXIO, file.Seek(0, SeekData));
        Assert.Equal(-(long)Errno.ENXIO, file.Seek(0, SeekHole));
        file.WriteAt(Noise(5_000, seed: 44), 0);
        file.Truncate(1 * MiB);
        Assert.Equal(-(long)Errno.ENXIO, file.Seek(MiB / 2, SeekData)); // only a hole up to the end
        Assert.Equal(MiB / 2, file.Seek(MiB / 2, SeekHole));
        Assert.Equal(-(long)Errno.ENXIO, file.Seek(MiB, SeekHole));
        Assert.Equal(-(long)Errno.ENXIO, file.Seek(-1, SeekData));
        Assert.Equal(MiB - 1, file.Seek(MiB - 1, SeekHole));
    }

    [Fact]
    public void Changes_through_a_map_are_found_by_seeking()
    {
        using var file = PosixFile.Create(In("f"));
        file.Truncate(4 * MiB);
        using var map = new FileMap(file, 4 * MiB, shared: true, writable: true);
        map.Span[2 * MiB] = 1;
        map.Sync();
        Assert.Equal(2 * MiB, file.Seek(0, SeekData));
    }
}
