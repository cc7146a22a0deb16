using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.Linux;
using ZoneTierFS.MountTests.Fixtures;
using Errno = Mono.Unix.Native.Errno;

namespace ZoneTierFS.MountTests.Conformance;

/// <summary>Bytes: reading, writing, size, holes.</summary>
public abstract partial class PosixConformance
{
    private const int SeekData = 3;
    private const int SeekHole = 4;

    [Fact]
    public void Bytes_come_back_as_they_were_written()
    {
        var bytes = Noise(5 * MiB + 123, seed: 1);
        File.WriteAllBytes(In("f"), bytes);
        Assert.Equal(bytes, File.ReadAllBytes(In("f")));
        Assert.Equal(bytes.Length, StatusOf(In("f")).st_size);
    }

    [Fact]
    public void Writes_at_odd_offsets_change_only_their_range()
    {
        var expected = Noise(300_000, seed: 2);
        using var file = PosixFile.Create(In("f"));
        file.WriteAt(expected, 0);
        var random = new Random(3);
        for (var round = 0; round < 100; round++)
        {
            var patch = Noise(random.Next(1, 9000), seed: round);
            var offset = random.Next(0, expected.Length - patch.Length);
            file.WriteAt(patch, offset);
            patch.CopyTo(expected, offset);
        }
        file.Fsync();
        Assert.Equal(expected, file.ReadAt(expected.Length + 1, 0));
    }

    [Fact]
    public void Large_requests_are_served_whole()
    {
        var bytes = Noise(8 * MiB, seed: 4);
        using var file = PosixFile.Create(In("f"));
        for (var offset = 0; offset < bytes.Length; offset += MiB)
            file.WriteAt(bytes.AsSpan(offset, MiB), offset);
        file.DropCache();
        Assert.Equal(bytes, file.ReadAt(bytes.Length, 0));
    }

    [Fact]
    public void Reading_at_and_beyond_the_end_gives_what_is_there()
    {
        using var file = PosixFile.Create(In("f"));
        file.WriteAt(Noise(1000, seed: 5), 0);
        Assert.Equal(100, file.ReadAt(4096, 900).Length);
        Assert.Empty(file.ReadAt(4096, 1000));
        Assert.Empty(file.ReadAt(4096, 1 << 30));
    }

    [Fact]
    public void Appenders_never_overwrite_each_other()
    {
        PosixFile.Create(In("f")).Dispose();
        using var one = PosixFile.Open(In("f"), OpenFlags.O_WRONLY | OpenFlags.O_APPEND);
        using var other = PosixFile.Open(In("f"), OpenFlags.O_WRONLY | OpenFlags.O_APPEND);
        for (var round = 0; round < 50; round++)
        {
            one.Write("one,"u8);
            other.Write("two,"u8);
        }
        Assert.Equal(string.Concat(Enumerable.Repeat("one,two,", 50)), File.ReadAllText(In("f")));
    }

    [Fact]
    public void A_long_append_keeps_its_order()
    {
        var first = Noise(4096, seed: 6);
        var second = Noise(3 * MiB, seed: 7);
        using var file = PosixFile.Open(In("f"), OpenFlags.O_WRONLY | OpenFlags.O_APPEND | OpenFlags.O_CREAT);
        file.Write(first);
        file.Write(second);
        Assert.Equal([.. first, .. second], File.ReadAllBytes(In("f")));
    }

    [Fact]
    public void Truncation_cuts_and_extends_with_zeros()
    {
        using var file = PosixFile.Create(In("f"));
        file.WriteAt(Noise(10_000, seed: 8), 0);
        file.Truncate(5_000);
        Assert.Equal(5_000, file.Status().st_size);
        file.Truncate(9_000);
        Assert.Equal(new byte[4_000], file.ReadAt(10_000, 5_000));
        Assert.Equal(Noise(10_000, seed: 8)[..5_000], file.ReadAt(5_000, 0));
    }

    [Fact]
    public void Opening_with_truncate_empties_the_file()
    {
        File.WriteAllBytes(In("f"), Noise(9_000, seed: 9));
        using var reader = PosixFile.Open(In("f"), OpenFlags.O_RDONLY);
        Assert.Equal(9_000, reader.ReadAt(10_000, 0).Length);
        PosixFile.Open(In("f"), OpenFlags.O_WRONLY | OpenFlags.O_TRUNC).Dispose();
        Assert.Empty(reader.ReadAt(10_000, 0));
    }

    [Fact]
    public void Exclusive_creation_refuses_what_exists()
    {
        PosixFile.Create(In("f")).Dispose();
        Assert.Equal(Errno.EEXIST, PosixFile.ErrorOf(Syscall.open(In("f"), OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, (FilePermissions)0x1A4)));
    }

    [Fact]
    public void Holes_read_as_zeros_and_take_no_room()
    {
        using var file = PosixFile.Create(In("f"));
        file.WriteAt(Noise(4096, seed: 10), 64 * MiB);
        file.Fsync();
        Assert.Equal(64 * MiB + 4096, file.Status().st_size);
        Assert.InRange(file.Status().st_blocks, 8, 8 * 1024);
        Assert.Equal(new byte[4096], file.ReadAt(4096, 32 * MiB));
    }

    [Fact]
    public void Holes_and_data_can_be_sought()
    {
        using var file = PosixFile.Create(In("f"));
        file.WriteAt(Noise(4096, seed: 11), 0);
        file.WriteAt(Noise(4096, seed: 12), 8 * MiB);
        file.Fsync();
        Assert.Equal(0, file.Seek(0, SeekData));
        var hole = file.Seek(0, SeekHole);
        Assert.InRange(hole, 4096, 8 * MiB);
        Assert.InRange(file.Seek(4 * MiB, SeekData), 4 * MiB, 8 * MiB);
        Assert.Equal(8 * MiB + 4096, file.Seek(8 * MiB, SeekHole));
        Assert.Equal(-(long)Errno.ENXIO, file.Seek(9 * MiB, SeekData));
    }

    [Fact]
    public void A_punched_hole_reads_as_zeros_and_gives_its_room_back()
    {
        const int KeepSizeAndPunch = 3;
        var bytes = Noise(2 * MiB, seed: 13);
        using var file = PosixFile.Create(In("f"));
        file.WriteAt(bytes, 0);
        file.Fsync();
        var before = file.Status().st_blocks;
        Assert.Equal((Errno)0, file.Allocate(KeepSizeAndPunch, MiB / 2, MiB));
        bytes.AsSpan(MiB / 2, MiB).Clear();
        Assert.Equal(bytes, file.ReadAt(2 * MiB, 0));
        Assert.Equal(2 * MiB, file.Status().st_size);
        Assert.InRange(file.Status().st_blocks, 0, before - 1);
    }

    [Fact]
    public void Allocation_extends_the_file_unless_told_not_to()
    {
        const int KeepSize = 1;
        using var file = PosixFile.Create(In("f"));
        Assert.Equal((Errno)0, file.Allocate(0, 0, 100_000));
        Assert.Equal(100_000, file.Status().st_size);
        Assert.Equal((Errno)0, file.Allocate(KeepSize, 0, 1_000_000));
        Assert.Equal(100_000, file.Status().st_size);
        Assert.Equal(new byte[100_000], file.ReadAt(100_001, 0));
    }

    [Fact]
    public void Direct_io_writes_and_reads_the_same_bytes()
    {
        using var memory = new AlignedMemory(3 * MiB);
        Noise(3 * MiB, seed: 14).CopyTo(memory.GetSpan());
        using (var writer = PosixFile.Open(In("f"), OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_DIRECT))
            writer.WriteAt(memory.GetSpan(), 0);
        Assert.Equal(Noise(3 * MiB, seed: 14), File.ReadAllBytes(In("f")));
        using var reader = PosixFile.Open(In("f"), OpenFlags.O_RDONLY | OpenFlags.O_DIRECT);
        memory.GetSpan().Clear();
        Assert.Equal(3 * MiB, reader.ReadInto(memory.GetSpan(), 0));
        Assert.Equal(Noise(3 * MiB, seed: 14), memory.GetSpan().ToArray());
        Assert.Equal(MiB, reader.ReadInto(memory.GetSpan(), 2 * MiB));
        Assert.Equal(Noise(3 * MiB, seed: 14)[(2 * MiB)..], memory.GetSpan()[..MiB].ToArray());
    }

    [Fact]
    public void Direct_writes_are_seen_by_cached_readers_and_the_other_way_round()
    {
        using var cached = PosixFile.Create(In("f"));
        using var direct = PosixFile.Open(In("f"), OpenFlags.O_RDWR | OpenFlags.O_DIRECT);
        using var memory = new AlignedMemory(8192);
        cached.WriteAt(Noise(8192, seed: 15), 0);
        Assert.Equal(8192, direct.ReadInto(memory.GetSpan(), 0));
        Assert.Equal(Noise(8192, seed: 15), memory.GetSpan().ToArray());
        Noise(8192, seed: 16).CopyTo(memory.GetSpan());
        direct.WriteAt(memory.GetSpan(), 0);
        Assert.Equal(Noise(8192, seed: 16), cached.ReadAt(8192, 0));
    }

    [Fact]
    public void A_long_direct_append_keeps_its_order()
    {
        using var memory = new AlignedMemory(4 * MiB);
        Noise(4 * MiB, seed: 17).CopyTo(memory.GetSpan());
        using (var file = PosixFile.Open(In("f"), OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND | OpenFlags.O_DIRECT))
        {
            file.Write(memory.GetSpan());
            file.Write(memory.GetSpan());
        }
        Assert.Equal([.. Noise(4 * MiB, seed: 17), .. Noise(4 * MiB, seed: 17)], File.ReadAllBytes(In("f")));
    }

    [Fact]
    public void Every_kind_of_sync_succeeds()
    {
        using var file = PosixFile.Open(In("f"), OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_SYNC);
        file.WriteAt(Noise(5000, seed: 18), 0);
        file.Fsync();
        PosixFile.Check(Syscall.fdatasync(file.Descriptor));
        Assert.Equal((Errno)0, PosixFile.SyncFileSystem(file));
        using var folder = PosixFile.Open(_folder, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        folder.Fsync();
    }

    [Fact]
    public void Copying_within_the_mount_works()
    {
        var bytes = Noise(3 * MiB + 7, seed: 19);
        File.WriteAllBytes(In("from"), bytes);
        File.Copy(In("from"), In("to"));
        Assert.Equal(bytes, File.ReadAllBytes(In("to")));
    }

    [Fact]
    public void Parallel_readers_and_writers_of_one_file_each_see_their_part()
    {
        const int Parts = 8;
        using var file = PosixFile.Create(In("f"));
        Parallel.For(0, Parts, part =>
        {
            for (var round = 0; round < 8; round++)
            {
                file.WriteAt(Noise(MiB / 2, seed: part + round), part * (long)MiB);
                Assert.Equal(Noise(MiB / 2, seed: part + round), file.ReadAt(MiB / 2, part * (long)MiB));
            }
        });
        file.DropCache();
        for (var part = 0; part < Parts; part++)
            Assert.Equal(Noise(MiB / 2, seed: part + 7), file.ReadAt(MiB / 2, part * (long)MiB));
    }
}
