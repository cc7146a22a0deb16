using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>
/// Devices fail under a mounted volume. What a program wrote is stored, or the program is told: by write, fsync, msync or close, every open file
/// description once. A write that fails changes nothing.
/// </summary>
[Trait("Kind", "Volume")]
public sealed class VolumeWriteErrorTests : IDisposable
{
    private const int MiB = 1 << 20;
    private const int PunchAndKeepSize = 3;
    private const OpenFlags ReadWrite = OpenFlags.O_RDWR;

    private readonly FaultyVolume _volume = new(zones: 24);

    public void Dispose() => _volume.Dispose();

    [Fact]
    public void Every_open_file_is_told_of_a_failed_write_back_once()
    {
        var writer = PosixFile.Create(In("f"));
        var closing = PosixFile.Open(In("f"), ReadWrite);
        using var reader = PosixFile.Open(In("f"), OpenFlags.O_RDONLY);
        _volume.FailData();
        writer.WriteAt(Noise(100_000, seed: 1), 0);
        Assert.Equal("ENOSPC", _volume.Sync());
        _volume.Mend();
        Assert.Equal("Ok", _volume.Sync());
        Assert.Equal(Errno.ENOSPC, writer.TryFsync());
        Assert.Equal((Errno)0, writer.TryFsync());
        Assert.Equal((Errno)0, writer.TryClose());
        Assert.Equal(Errno.ENOSPC, closing.TryClose());
        Assert.Equal(Errno.ENOSPC, reader.TryFsync());
        Assert.Equal((Errno)0, reader.TryFsync());
        using var later = PosixFile.Open(In("f"), ReadWrite);
        Assert.Equal((Errno)0, later.TryFsync());
        Assert.Equal(Noise(100_000, seed: 1), File.ReadAllBytes(In("f")));
    }

    [Fact]
    public void Descriptors_of_one_open_file_are_told_together()
    {
        using var file = PosixFile.Create(In("f"));
        var copy = file.Duplicate();
        _volume.FailData();
        file.WriteAt(Noise(100_000, seed: 1), 0);
        Assert.Equal("ENOSPC", _volume.Sync());
        _volume.Mend();
        Assert.Equal(Errno.ENOSPC, copy.TryClose());
        Assert.Equal((Errno)0, file.TryFsync());
    }

    [Fact]
    public void A_failure_of_the_background_is_not_lost_between_close_and_the_next_open()
    {
        _volume.FailData();
        var first = PosixFile.Create(In("f"));
        for (var part = 0; part < 5; part++)
            first.WriteAt(Noise(MiB, seed: part), part * (long)MiB);
        _volume.AwaitFailure();
        Assert.Equal(Errno.ENOSPC, first.TryClose());
        Assert.Equal("ENOSPC", _volume.Sync());
        using var second = PosixFile.Open(In("f"), ReadWrite);
        Assert.Equal(Errno.ENOSPC, second.TryFsync());
        _volume.Mend();
        Assert.Equal((Errno)0, second.TryFsync());
        for (var part = 0; part < 5; part++)
            Assert.Equal(Noise(MiB, seed: part), second.ReadAt(MiB, part * (long)MiB));
    }

    [Fact]
    public void Fsync_and_synchronous_writes_fail_for_as_long_as_the_data_is_not_stored()
    {
        using var file = PosixFile.Create(In("f"));
        _volume.FailData();
        file.WriteAt(Noise(100_000, seed: 1), 0);
        for (var round = 0; round < 3; round++)
            Assert.Equal(Errno.ENOSPC, file.TryFsync());
        var synchronous = PosixFile.Open(In("f"), ReadWrite | OpenFlags.O_SYNC);
        Assert.Equal(Errno.ENOSPC, synchronous.TryWriteAt(Noise(5000, seed: 2), 200_000));
        _volume.Mend();
        synchronous.WriteAt(Noise(5000, seed: 2), 200_000);
        Assert.Equal((Errno)0, synchronous.TryClose());
        Assert.Equal(Errno.ENOSPC, file.TryFsync()); // of the write above, whose data is stored by now
        Assert.Equal((Errno)0, file.TryFsync());
        Assert.Equal(Noise(100_000, seed: 1), file.ReadAt(100_000, 0));
        Assert.Equal(Noise(5000, seed: 2), file.ReadAt(5000, 200_000));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_volume_that_fails_says_so_at_fsync_write_and_close(bool flushes)
    {
        WriteSynced("old", Noise(50_000, seed: 1));
        var one = PosixFile.Create(In("f"));
        var other = PosixFile.Open(In("f"), ReadWrite);
        one.WriteAt(Noise(50_000, seed: 2), 0);
        if (flushes)
            _volume.FailFlushes();
        else
            _volume.FailAppends();
        Assert.Equal(Errno.EIO, one.TryFsync());
        Assert.NotEqual("Ok", _volume.Sync()); // names are committed too, which takes the volume down
        _volume.Mend();
        Assert.Equal(Errno.EIO, one.TryFsync());
        Assert.Equal(Errno.EIO, one.TryWriteAt([1], 0));
        Assert.Equal((Errno)0, one.TryClose()); // it knows
        Assert.Equal(Errno.EIO, other.TryClose());
        Assert.Equal(Errno.EIO, PosixFile.ErrorOf(Syscall.mkdir(In("d"), (FilePermissions)0x1ED)));
        Assert.Equal(Noise(50_000, seed: 1), File.ReadAllBytes(In("old")));
    }

    [Fact]
    public void Msync_of_a_shared_map_fails_until_the_data_is_stored()
    {
        using var file = PosixFile.Create(In("f"));
        file.Truncate(MiB);
        file.Fsync();
        using var map = new FileMap(file, MiB, shared: true, writable: true);
        _volume.FailData();
        Noise(MiB, seed: 1).CopyTo(map.Span);
        Assert.Equal(Errno.ENOSPC, map.TrySync());
        Assert.Equal(Errno.ENOSPC, map.TrySync());
        _volume.Mend();
        Assert.Equal((Errno)0, map.TrySync());
        Assert.Equal(Noise(MiB, seed: 1), file.ReadAt(MiB, 0));
    }

    /// <summary>The kernel drops a mapped page that it could not write; a later msync must not call it stored.</summary>
    [Fact]
    public void Msync_never_succeeds_on_a_volume_that_has_failed()
    {
        using var file = PosixFile.Create(In("f"));
        file.WriteAt(Noise(MiB, seed: 1), 0);
        file.Fsync();
        using var map = new FileMap(file, MiB, shared: true, writable: true);
        _volume.FailAppends();
        Directory.CreateDirectory(In("d"));
        Assert.Equal("EIO", _volume.Sync());
        _volume.Mend();
        map.Span[..MiB].Reverse();
        for (var round = 0; round < 3; round++)
            Assert.Equal(Errno.EIO, map.TrySync());
    }

    [Fact]
    public void Close_tells_that_a_map_could_not_be_written()
    {
        var file = PosixFile.Create(In("f"));
        file.Truncate(MiB);
        file.Fsync();
        var map = new FileMap(file, MiB, shared: true, writable: true);
        _volume.FailAppends();
        Directory.CreateDirectory(In("d"));
        Assert.Equal("EIO", _volume.Sync());
        map.Span.Fill(7);
        map.Dispose();
        Assert.Equal(Errno.EIO, file.TryClose());
    }

    [Fact]
    public void A_write_that_finds_no_space_changes_nothing()
    {
        WriteSynced("kept", Noise(3 * 4096, seed: 1));
        using var kept = PosixFile.Open(In("kept"), ReadWrite);
        Fill();
        var before = kept.Status();
        Assert.Equal(Errno.ENOSPC, kept.TryWriteAt(Noise(MiB, seed: 3), 1000));
        Assert.Equal(Errno.ENOSPC, kept.TryWriteAt(Noise(MiB, seed: 3), before.st_size));
        Assert.Equal(Errno.ENOSPC, kept.Allocate(0, 0, 8 * MiB));
        AssertUnchanged(kept, before, Noise(3 * 4096, seed: 1));
    }

    [Fact]
    public void A_write_that_cannot_read_the_rest_of_its_block_changes_nothing()
    {
        const int Length = 3 * 4096 - 100;
        WriteSynced("f", Noise(Length, seed: 1));
        using var file = PosixFile.Open(In("f"), ReadWrite);
        var before = file.Status();
        file.DropCache();
        _volume.FailReads();
        Assert.Equal(Errno.EIO, file.TryWriteAt("abc"u8, 5000));
        Assert.Equal(Errno.EIO, file.TryWriteAt(Noise(5000, seed: 2), 100));
        Assert.Equal(Errno.EIO, file.TryWriteAt("abc"u8, 100_000)); // the last block's rest becomes zeros of the file
        Assert.Equal(Errno.EIO, PosixFile.ErrorOf(Syscall.ftruncate(file.Descriptor, 100_000)));
        Assert.Equal(Errno.EIO, file.Allocate(PunchAndKeepSize, 10, 100));
        _volume.Mend();
        AssertUnchanged(file, before, Noise(Length, seed: 1));
        file.WriteAt("abc"u8, 5000);
        Assert.Equal("abc"u8.ToArray(), file.ReadAt(3, 5000));
    }

    private static void AssertUnchanged(PosixFile file, Stat before, byte[] content)
    {
        var after = file.Status();
        Assert.Equal((before.st_size, before.st_mtime, before.st_mtime_nsec, before.st_ctime, before.st_ctime_nsec, before.st_blocks),
            (after.st_size, after.st_mtime, after.st_mtime_nsec, after.st_ctime, after.st_ctime_nsec, after.st_blocks));
        Assert.Equal(content, file.ReadAt(content.Length + 1, 0));
        file.DropCache();
        Assert.Equal(content, file.ReadAt(content.Length + 1, 0));
    }

    /// <summary>Until not even a page more is taken.</summary>
    private void Fill()
    {
        using var file = PosixFile.Create(In("filling"));
        var offset = 0L;
        foreach (var length in new[] { MiB, 16 * 4096, 4096 })
        {
            for (; file.TryWriteAt(new byte[length], offset) is var error; offset += length)
            {
                if (error == Errno.ENOSPC)
                    break;
                Assert.Equal((Errno)0, error);
            }
        }
    }

    private static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private void WriteSynced(string name, byte[] bytes)
    {
        using var file = PosixFile.Create(In(name));
        file.WriteAt(bytes, 0);
        file.Fsync();
    }

    private string In(string name) => Path.Combine(_volume.Root, name);
}
