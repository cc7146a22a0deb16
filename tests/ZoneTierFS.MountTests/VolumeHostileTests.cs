using System.Buffers.Binary;
using System.Text;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.Linux;
using ZoneTierFS.MountTests.Fixtures;
using Errno = Mono.Unix.Native.Errno;

namespace ZoneTierFS.MountTests;

/// <summary>Programs that ask for the absurd, through real system calls, and an administrator who cuts the connection.</summary>
[Trait("Kind", "Volume")]
public sealed class VolumeHostileTests : IDisposable
{
    private const long FileBytesMax = (1L << 52) - 4096;
    private readonly MountedVolume _volume = MountedVolume.Small();

    public void Dispose() => _volume.Dispose();

    [Fact]
    public void Every_byte_but_the_slash_can_be_in_a_name()
    {
        for (var value = 1; value <= 255; value++)
        {
            if (value == '/')
                continue;
            var path = RawPath([(byte)'x', (byte)value]);
            using (var file = RawFile.Create(path))
                Assert.True(file.IsOpen, $"byte {value}: {file.Error}");
            Assert.Equal(0, RawFile.Unlink(path));
        }
        Assert.Empty(Directory.GetFileSystemEntries(_volume.Root));
    }

    [Fact]
    public void Offsets_near_the_last_are_refused_as_on_any_filesystem()
    {
        using var file = PosixFile.Create(Path.Combine(_volume.Root, "f"));
        file.WriteAt("x"u8, 0);
        foreach (var offset in new[] { FileBytesMax, 1L << 53, long.MaxValue - 4096 })
        {
            Assert.Equal(Errno.EFBIG, file.TryWriteAt("xyz"u8, offset));
            Assert.Equal(0, file.ReadInto(new byte[1], offset));
            Assert.Equal(Errno.EFBIG, file.Allocate(0, offset, 4096));
            Assert.Equal(-(long)Errno.ENXIO, file.Seek(offset, 3));
        }
        // Where the end overflows the kernel answers by itself, with one of these.
        Assert.Contains(file.TryWriteAt("xyz"u8, long.MaxValue - 1), new[] { Errno.EINVAL, Errno.EFBIG, Errno.EOVERFLOW });
        Assert.Equal(Errno.EFBIG, file.Allocate(0, long.MaxValue - 1, 4096));
        Assert.Equal(Errno.EFBIG, PosixFile.ErrorOf(Syscall.ftruncate(file.Descriptor, long.MaxValue)));
        Assert.Equal(Errno.EINVAL, file.Allocate(0, 0, 0));
        Assert.Equal(1, file.Status().st_size);
        file.Truncate(FileBytesMax);
        Assert.Equal(4096, file.Seek(0, 4));
        file.Fsync();
    }

    [Fact]
    public void A_listing_fits_a_huge_buffer_and_no_tiny_one()
    {
        var names = Enumerable.Range(0, 2_000).Select(index => $"entry-{index}-{new string('n', index % 200)}").ToList();
        names.ForEach(name => PosixFile.Create(Path.Combine(_volume.Root, name)).Dispose());
        using var directory = PosixFile.Open(_volume.Root, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        // The smallest entry takes 24 bytes. What did not fit is not lost for the next call.
        foreach (var tooSmall in new[] { 0, 1, 8, 19, 23 })
            Assert.Equal(-(long)Errno.EINVAL, directory.ReadEntries(new byte[tooSmall]));
        var buffer = new byte[8 << 20];
        var listed = new List<string>();
        for (long read; (read = directory.ReadEntries(buffer)) != 0;)
        {
            Assert.InRange(read, 24, buffer.Length);
            listed.AddRange(NamesOf(buffer.AsSpan(0, (int)read)));
        }
        Assert.Equal(names.Append(".").Append("..").Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        Assert.Equal(0, directory.ReadEntries(buffer));
        using var file = PosixFile.Open(Path.Combine(_volume.Root, names[0]), OpenFlags.O_RDONLY);
        Assert.Equal(-(long)Errno.ENOTDIR, file.ReadEntries(buffer));
    }

    [Fact]
    public void Ranges_that_end_at_the_last_offset_are_synced_and_advised_on()
    {
        var path = Path.Combine(_volume.Root, "f");
        using var file = PosixFile.Create(path);
        file.WriteAt("content"u8, 0);
        foreach (var (offset, length) in new[] { (0, long.MaxValue), (long.MaxValue, 0), (long.MaxValue - 4096, 4096), (FileBytesMax, 1L << 40), (0, 0) })
        {
            Assert.Equal((Errno)0, file.SyncRange(offset, length, 7));
            for (var advice = 0; advice <= 5; advice++)
                Assert.Equal((Errno)0, file.Advise(offset, length, advice));
        }
        foreach (var (offset, length) in new[] { (long.MaxValue, 1), (1, long.MaxValue), (-1, 1), (0, -1), (long.MinValue, long.MinValue) })
            Assert.Equal(Errno.EINVAL, file.SyncRange(offset, length, 7));
        Assert.Equal(Errno.EINVAL, file.SyncRange(0, 0, 8));
        Assert.Equal(Errno.EINVAL, file.Advise(0, -1, 3));
        Assert.Equal(Errno.EINVAL, file.Advise(0, 0, 77));
        // Where the end overflows, advice is about the rest of the file.
        Assert.Equal((Errno)0, file.Advise(1, long.MaxValue, 4));
        Assert.Equal("content", File.ReadAllText(path));
        Assert.Equal(7, file.Status().st_size);
    }

    [Fact]
    public void Attributes_beyond_the_limits_are_refused()
    {
        var path = Path.Combine(_volume.Root, "f");
        File.WriteAllText(path, "x");
        Assert.Equal(Errno.E2BIG, PosixFile.ErrorOf(Syscall.setxattr(path, "user.big", new byte[65537])));
        Assert.Equal(Errno.ERANGE, PosixFile.ErrorOf(Syscall.setxattr(path, "user." + new string('n', 251), [1])));
        Assert.Equal(Errno.EINVAL, PosixFile.ErrorOf(Syscall.setxattr(path, "user.ztfs.class", new byte[65536])));
        Assert.Equal(0, Syscall.setxattr(path, "user." + new string('n', 250), [1]));
        Assert.Equal("x", File.ReadAllText(path));
    }

    [Fact]
    public void An_aborted_connection_ends_the_daemon_and_keeps_what_was_synced()
    {
        var path = Path.Combine(_volume.Root, "synced");
        using (var file = PosixFile.Create(path))
        {
            file.WriteAt("durable"u8, 0);
            file.Fsync();
        }
        var device = MountTable.Read().At(_volume.Root)!.Device;
        using (ConnectionControl.Mount())
            File.WriteAllText(ConnectionControl.AbortPath(device), "1");
        _volume.AwaitEnd();
        _volume.Recover();
        Assert.Equal("durable", File.ReadAllText(path));
    }

    /// <summary>Of entries as getdents64 gives them: inode u64, offset u64, length u16, type u8, name and zero bytes.</summary>
    private static List<string> NamesOf(ReadOnlySpan<byte> entries)
    {
        var names = new List<string>();
        while (!entries.IsEmpty)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(entries[16..]);
            var name = entries[19..length];
            names.Add(Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]));
            entries = entries[length..];
        }
        return names;
    }

    private byte[] RawPath(ReadOnlySpan<byte> name) => [.. Encoding.UTF8.GetBytes(_volume.Root), (byte)'/', .. name, 0];
}
